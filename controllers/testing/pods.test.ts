import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import { restrictedPod } from "../services/pod.ts";
import { requestsMissing, troubleWith } from "./pods.ts";
import { specOf } from "./render.ts";

const good = restrictedPod({ spec: specOf(), uid: 1000, containers: [{ name: "c" }], initContainers: [{ name: "i" }] });
const [container = { name: "c" }] = good.containers;
const inContainer = (changes: object): IPodSpec => ({ ...good, containers: [{ ...container, ...changes }] });
const inContext = (changes: object): IPodSpec =>
  inContainer({ securityContext: { ...container.securityContext, ...changes } });

describe("the check of the restricted standard", () => {
  it("finds nothing in a pod that meets it", () => {
    expect(troubleWith(good)).toEqual([]);
  });

  it.each<[string, IPodSpec]>([
    ["hostNetwork", { ...good, hostNetwork: true }],
    ["hostPID", { ...good, hostPID: true }],
    ["volume of type hostPath", { ...good, volumes: [{ name: "v", hostPath: { path: "/" } }] }],
    ["token of the service account", { ...good, automountServiceAccountToken: true }],
    ["runs as root", { ...good, securityContext: { ...good.securityContext, runAsUser: 0 } }],
    [
      "i: may run as root",
      {
        ...good,
        initContainers: [
          { ...container, name: "i", securityContext: { ...container.securityContext, runAsNonRoot: false } },
        ],
      },
    ],
    ["c: runs as root", inContext({ runAsUser: 0 })],
    ["c: no seccomp profile", inContext({ seccompProfile: { type: "Unconfined" } })],
    ["c: privileged", inContext({ privileged: true })],
    ["c: may escalate privileges", inContext({ allowPrivilegeEscalation: true })],
    ["c: keeps capabilities", inContext({ capabilities: {} })],
    ["c: adds capabilities", inContext({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } })],
    ["c: writable root file system", inContext({ readOnlyRootFilesystem: false })],
    ["c: host port", inContainer({ ports: [{ containerPort: 80, hostPort: 80 }] })],
  ])("finds: %s", (trouble, pod) => {
    expect(troubleWith(pod)).toEqual([trouble]);
  });

  it("finds everything in a pod that says nothing", () => {
    expect(troubleWith({ containers: [{ name: "c" }] })).toEqual([
      "token of the service account",
      "c: may run as root",
      "c: no seccomp profile",
      "c: may escalate privileges",
      "c: keeps capabilities",
      "c: writable root file system",
    ]);
  });

  it("finds servers that do not say what they need", () => {
    expect(requestsMissing(inContainer({ resources: { requests: { cpu: "1" } } }))).toEqual(["memory"]);
  });
});
