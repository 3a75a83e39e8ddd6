import { isRecord, kindKey, listAt, type Live, mapAt, textAt } from "../../object.ts";
import type { Fields } from "./ownership.ts";

type Default = (object: Fields) => Fields;

/** What the server adds and rewrites, as far as a comparison of wanted and live has to bear with it. */
export function defaulted(object: Live): Live {
  const byKind = defaults[kindKey(object)];
  const whole = tidy(byKind === undefined ? object : byKind(object));
  return {
    ...object,
    ...whole,
    metadata: { ...object.metadata, ...metadataOf(whole) },
    apiVersion: object.apiVersion,
    kind: object.kind,
  };
}

/** Empty labels, annotations and lists of references are not stored. */
function metadataOf(object: Fields): Fields {
  const fields = ["labels", "annotations", "ownerReferences", "finalizers"];
  const metadata = mapAt(object, "metadata");
  return Object.fromEntries(fields.map((field) => [field, isEmpty(metadata[field]) ? undefined : metadata[field]]));
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    (Array.isArray(value) ? value.length === 0 : Object.keys(mapAt({ value }, "value")).length === 0)
  );
}

const within = (object: Fields, field: string, change: Default): Fields => ({
  ...object,
  [field]: change(mapAt(object, field)),
});
const each = (object: Fields, field: string, change: Default): Fields =>
  Array.isArray(object[field])
    ? { ...object, [field]: listAt(object, field).map((member) => change(mapAt({ member }, "member"))) }
    : object;

const probe: Default = (wanted) => ({
  ...{ periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 },
  ...wanted,
  ...(isRecord(wanted["httpGet"]) ? { httpGet: { scheme: "HTTP", ...wanted["httpGet"] } } : {}),
});

/** Of a type that the server knows an empty list is none. */
const withoutEmptyLists: Default = (object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => !(Array.isArray(value) && value.length === 0)));

const container: Default = (wanted) => {
  const probes = ["startupProbe", "readinessProbe", "livenessProbe"].filter((name) => isRecord(wanted[name]));
  const whole = {
    ...{ terminationMessagePath: "/dev/termination-log", terminationMessagePolicy: "File" },
    ...{ imagePullPolicy: "IfNotPresent", resources: {} },
    ...wanted,
    ...Object.fromEntries(probes.map((name) => [name, probe(mapAt(wanted, name))])),
  };
  return each(
    each(withoutEmptyLists(whole), "ports", (port) => ({ protocol: "TCP", ...port })),
    "env",
    withoutZero,
  );
};

const volume: Default = (wanted) => {
  const source = ["secret", "configMap", "projected"].find((field) => isRecord(wanted[field]));
  return source === undefined ? wanted : within(wanted, source, (inner) => ({ defaultMode: 420, ...inner }));
};

/** Fields that are not stored while they say nothing. */
const zeroes = ["value", "hostNetwork", "hostPID", "hostIPC"];

function withoutZero(wanted: Fields): Fields {
  const said = (field: string, value: unknown): boolean => !zeroes.includes(field) || (value !== "" && value !== false);
  return Object.fromEntries(Object.entries(wanted).filter(([field, value]) => said(field, value)));
}

const podSpec: Default = (wanted) => {
  const whole = {
    ...{ restartPolicy: "Always", dnsPolicy: "ClusterFirst", schedulerName: "default-scheduler" },
    ...{ terminationGracePeriodSeconds: 30, securityContext: {} },
    ...withoutZero(wanted),
  };
  return each(each(each(whole, "containers", container), "initContainers", container), "volumes", volume);
};

const podTemplate: Default = (spec) => within(spec, "template", (template) => within(template, "spec", podSpec));

const claimSpec: Default = (wanted) => ({ volumeMode: "Filesystem", ...wanted });

const statefulSet: Default = (wanted) =>
  each(
    {
      ...{ replicas: 1, podManagementPolicy: "OrderedReady", revisionHistoryLimit: 10 },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      ...podTemplate(wanted),
    },
    "volumeClaimTemplates",
    (claim) => ({ ...within(claim, "spec", claimSpec), status: { phase: "Pending" } }),
  );

const deployment: Default = (wanted) => ({
  ...{ replicas: 1, progressDeadlineSeconds: 600, revisionHistoryLimit: 10 },
  strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
  ...podTemplate(wanted),
});

const service: Default = (wanted) => ({
  ...{ type: "ClusterIP", sessionAffinity: "None", internalTrafficPolicy: "Cluster", ipFamilyPolicy: "SingleStack" },
  ...{ clusterIP: "10.96.0.10", clusterIPs: ["10.96.0.10"], ipFamilies: ["IPv4"] },
  ...each(wanted, "ports", (port) => ({
    protocol: "TCP",
    targetPort: port["port"],
    ...(wanted["type"] === "NodePort" ? { nodePort: 30_000 + (Number(port["port"]) % 2767) } : {}),
    ...port,
  })),
});

/** A Job selects its pods by its own uid, in labels that the server puts into the template. */
const job: Default = (object) => {
  const uid = textAt(object, "metadata", "uid") ?? "";
  const label = { "batch.kubernetes.io/controller-uid": uid };
  return within(object, "spec", (spec) => {
    const whole = {
      ...{ backoffLimit: 6, completions: 1, parallelism: 1, completionMode: "NonIndexed", suspend: false },
      ...podTemplate(spec),
      selector: { matchLabels: label },
    };
    return within(whole, "template", (template) =>
      within(template, "metadata", (metadata) => ({ ...metadata, labels: { ...mapAt(metadata, "labels"), ...label } })),
    );
  });
};

const inSpec =
  (change: Default): Default =>
  (object) =>
    within(object, "spec", change);

const defaults: Readonly<Record<string, Default>> = {
  "v1/Secret": (object) => ({ type: "Opaque", ...object }),
  "v1/Service": inSpec(service),
  "v1/PersistentVolumeClaim": inSpec(claimSpec),
  "apps/v1/Deployment": inSpec(deployment),
  "apps/v1/StatefulSet": inSpec(statefulSet),
  "apps/v1/DaemonSet": inSpec((wanted) => ({ updateStrategy: { type: "RollingUpdate" }, ...podTemplate(wanted) })),
  "batch/v1/Job": job,
};

/** Empty data is not stored. */
function tidy(object: Fields): Fields {
  const data = object["data"];
  return isRecord(data) && Object.keys(data).length === 0 ? { ...object, data: undefined } : object;
}
