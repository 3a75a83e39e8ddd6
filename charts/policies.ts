import { agentAccount } from "../controllers/compute/render.ts";
import { agentsLabel } from "../controllers/compute/labels.ts";
import { type Frame, metadata, name } from "./objects.ts";

/** A condition in CEL over the object that is written, and what its writer reads where it does not hold. */
interface Demand {
  readonly expression: string;
  readonly message: string;
}

/** Name of the policy that confines pods in namespaces for Clouds. */
export const podPolicy = "nephos-restricted-pods";

/** Name of the policy that confines what the operator writes into nodes. */
export const nodePolicy = "nephos-own-node-labels";

// Who asks is the DaemonSet controller, which no user can be: an account of that name alone opens nothing.
const agent = `object.spec.?serviceAccountName.orValue('') == '${agentAccount}' && request.userInfo.username == 'system:serviceaccount:kube-system:daemon-set-controller'`;

// The lists have types of their own: they cannot be joined.
const inEvery = (condition: string): string =>
  ["spec.containers", "spec.?initContainers.orValue([])", "spec.?ephemeralContainers.orValue([])"]
    .map((list) => `object.${list}.all(c, ${condition})`)
    .join(" && ");

const context = "c.?securityContext";

/** What Kubernetes' `restricted` pod security standard asks of a pod on Linux, version 1.34 of it. */
const restricted: readonly Demand[] = [
  {
    expression:
      "!object.spec.?hostNetwork.orValue(false) && !object.spec.?hostPID.orValue(false) && !object.spec.?hostIPC.orValue(false)",
    message: "only host agents share network, processes or IPC of the host; remove hostNetwork, hostPID and hostIPC",
  },
  {
    expression: inEvery(`!${context}.?privileged.orValue(false)`),
    message: "only host agents are privileged; remove securityContext.privileged",
  },
  {
    expression: inEvery(`${context}.?allowPrivilegeEscalation.orValue(true) == false`),
    message: "set securityContext.allowPrivilegeEscalation to false in every container",
  },
  {
    expression: inEvery(
      `${context}.?capabilities.?drop.orValue([]).exists(each, each == 'ALL') && ${context}.?capabilities.?add.orValue([]).all(each, each == 'NET_BIND_SERVICE')`,
    ),
    message: "drop ALL capabilities in every container, and add none but NET_BIND_SERVICE",
  },
  {
    expression: inEvery(
      `${context}.?runAsNonRoot.orValue(object.spec.?securityContext.?runAsNonRoot.orValue(false)) && ${context}.?runAsUser.orValue(object.spec.?securityContext.?runAsUser.orValue(1)) != 0`,
    ),
    message: "set runAsNonRoot, and run as a user other than 0",
  },
  {
    expression: inEvery(
      `${context}.?seccompProfile.?type.orValue(object.spec.?securityContext.?seccompProfile.?type.orValue('')) in ['RuntimeDefault', 'Localhost']`,
    ),
    message: "set seccompProfile.type to RuntimeDefault or Localhost",
  },
  {
    expression:
      "object.spec.?volumes.orValue([]).all(v, has(v.configMap) || has(v.csi) || has(v.downwardAPI) || has(v.emptyDir) || has(v.ephemeral) || has(v.persistentVolumeClaim) || has(v.projected) || has(v.secret))",
    message: "only host agents mount folders of the host; use another kind of volume",
  },
  {
    expression: inEvery("c.?ports.orValue([]).all(port, port.?hostPort.orValue(0) == 0)"),
    message: "only host agents take ports of the host; remove hostPort",
  },
  {
    expression: inEvery(
      `!has(c.securityContext) || ((!has(c.securityContext.procMount) || c.securityContext.procMount == 'Default') && (!has(c.securityContext.appArmorProfile) || c.securityContext.appArmorProfile.type != 'Unconfined') && !has(c.securityContext.seLinuxOptions) && !has(c.securityContext.windowsOptions))`,
    ),
    message: "leave procMount, AppArmor, SELinux and windowsOptions of containers at their defaults",
  },
  {
    expression:
      "!has(object.spec.securityContext) || (object.spec.securityContext.?sysctls.orValue([]).size() == 0 && !has(object.spec.securityContext.seLinuxOptions) && !has(object.spec.securityContext.windowsOptions) && (!has(object.spec.securityContext.appArmorProfile) || object.spec.securityContext.appArmorProfile.type != 'Unconfined'))",
    message: "leave sysctls, AppArmor, SELinux and windowsOptions of the pod at their defaults",
  },
];

const api = "admissionregistration.k8s.io/v1";

/** In namespaces for Clouds only pods of host agents, made by the DaemonSet controller, are more than `restricted`. */
export function podPolicies(frame: Frame, namespaces: readonly string[] | string): object[] {
  const inClouds = {
    matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: namespaces }],
  };
  const validations = restricted.map(({ expression, message }) => ({
    expression: `variables.agent || (${expression})`,
    message,
  }));
  return policy(frame, podPolicy, {
    matchConstraints: {
      namespaceSelector: inClouds,
      resourceRules: [
        {
          apiGroups: [""],
          apiVersions: ["v1"],
          operations: ["CREATE", "UPDATE"],
          resources: ["pods", "pods/ephemeralcontainers"],
        },
      ],
    },
    // What a pod is does not change; that it is labelled or ends concerns nobody here.
    matchConditions: [
      {
        name: "what-runs",
        expression: "request.operation == 'CREATE' || request.?subResource.orValue('') == 'ephemeralcontainers'",
      },
    ],
    variables: [{ name: "agent", expression: `request.operation == 'CREATE' && ${agent}` }],
    validations,
  });
}

const others = (which: string): string =>
  `${which}.metadata.?labels.orValue({}).filter(key, key != '${agentsLabel}').map(key, [key, ${which}.metadata.labels[key]])`;

/** What is to be as it was after the operator wrote. */
const unchanged: readonly Demand[] = [
  {
    expression: "object.spec == oldObject.spec",
    message: "the operator changes nothing in the spec of a node, nor its taints",
  },
  {
    expression: `(${others("object")}).all(pair, pair in (${others("oldObject")})) && (${others("oldObject")}).all(pair, pair in (${others("object")}))`,
    message: `of the labels of a node the operator changes ${agentsLabel} and no other`,
  },
  {
    expression: "object.metadata.?annotations.orValue({}) == oldObject.metadata.?annotations.orValue({})",
    message: "the operator changes no annotation of a node",
  },
  {
    expression:
      "object.metadata.?finalizers.orValue([]) == oldObject.metadata.?finalizers.orValue([]) && object.metadata.?ownerReferences.orValue([]) == oldObject.metadata.?ownerReferences.orValue([])",
    message: "the operator changes neither finalizers nor owners of a node",
  },
];

/** Of a node the operator, in its namespace, changes its own label, and nothing else. */
export function nodePolicies(frame: Frame, operatorNamespace: string): object[] {
  return policy(frame, nodePolicy, {
    matchConstraints: {
      resourceRules: [
        { apiGroups: [""], apiVersions: ["v1"], operations: ["*"], resources: ["nodes", "nodes/status"] },
      ],
    },
    matchConditions: [
      {
        name: "by-the-operator",
        expression: `request.userInfo.username == 'system:serviceaccount:${operatorNamespace}:${name}'`,
      },
    ],
    validations: [
      {
        expression: "request.operation == 'UPDATE' && request.?subResource.orValue('') == ''",
        message: "the operator makes no node, deletes none and does not speak for one",
      },
      ...unchanged.map(({ expression, message }) => ({
        expression: `request.operation != 'UPDATE' || (${expression})`,
        message,
      })),
    ],
  });
}

/** A policy that is in force for everything that it matches; what cannot be judged is refused. */
function policy(frame: Frame, called: string, spec: object): object[] {
  return [
    {
      apiVersion: api,
      kind: "ValidatingAdmissionPolicy",
      metadata: metadata(frame, called),
      spec: { failurePolicy: "Fail", ...spec },
    },
    {
      apiVersion: api,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: metadata(frame, called),
      spec: { policyName: called, validationActions: ["Deny"] },
    },
  ];
}
