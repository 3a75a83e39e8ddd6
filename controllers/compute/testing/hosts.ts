import { type Live, mapAt } from "../../../operator/object.ts";
import { live, namespace, node, secret } from "../../testing/world.ts";

/** Of our kinds. */
export const apiVersion = "nephos.dev/v1alpha1";
const endpoints = { public: { host: "cloud.example.org" } };
/** Of what is rolled out, as its controller says. */
const rolledOut = { observedGeneration: 1, steps: [{ name: "nova/workers", state: "Done" }] };
/** The Cloud of a namespace. */
export const cloud = live({
  apiVersion,
  kind: "Cloud",
  metadata: { name: "demo" },
  spec: { release: "2026.1", endpoints },
  status: rolledOut,
});
const physical = { name: "physnet1", bridge: "br-ex", interface: "eth1" };
const networkSpec = { cloud: { name: "demo" }, physicalNetworks: [physical] };
/** The fabric of hosts. */
export const network = live({ apiVersion, kind: "Network", metadata: { name: "fabric" }, spec: networkSpec });
/** Where hosts find OVN. */
export const southbound = live({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "ovn-sb" },
  spec: { clusterIP: "10.96.0.7" },
});
/** What hosts show to OVN, and what they trust. */
export const [certificate, bundle] = [secret("ovn-client", "tls.crt", "tls.key"), secret("nephos-ca-bundle", "ca.crt")];
/** Its cell, which has hosts. */
export const cell = live({
  apiVersion,
  kind: "ComputeCell",
  metadata: { name: "cell1" },
  spec: { cloud: { name: "demo" } },
  status: rolledOut,
});
/** What hosts show to the console proxy. */
export const screens = secret("nova-cell1-screens-tls", "tls.crt", "tls.key");
/** All that a pool stands on. */
export const ground = [cloud, cell, network, southbound, certificate, bundle, screens];

/** A pool of hosts, as a user writes it. */
export const poolWith = (spec: object = {}, name = "standard"): Live =>
  live({ apiVersion, kind: "ComputePool", metadata: { name }, spec: { cell: { name: "cell1" }, ...spec } });
/** The smallest pool. */
export const pool = poolWith();
/** One that chooses among the nodes of its namespace. */
export const picky = poolWith({ hosts: { type: "KubernetesNodes", kubernetesNodes: { nodeSelector: { rack: "a" } } } });

/** A node of the cluster that answers, given to the namespace unless its labels say otherwise. */
export function host(name: string, labels: Readonly<Record<string, string>> = {}, ready = "True"): Live {
  const plain = node(name, "192.0.2.10", "2026-01-01T00:00:00Z");
  const given = { "nephos.dev/host-of": namespace, ...labels };
  const status = { ...mapAt(plain, "status"), conditions: [{ type: "Ready", status: ready }] };
  return { ...plain, metadata: { ...plain.metadata, labels: given }, status };
}

/** A pod of a pool on a node. */
export const podOn = (agent: string, on: string, labels: object, status: object): Live =>
  live({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${agent}-${on}`,
      labels: {
        "app.kubernetes.io/name": agent,
        "app.kubernetes.io/component": "host",
        "nephos.dev/pool": "standard",
        ...labels,
      },
    },
    spec: { nodeName: on },
    status,
  });

/** The pod that looked at a node, and what it said. */
export const checked = (on: string, message = `${on}\nthere is no /dev/kvm`, exitCode = 0): Live =>
  podOn(
    "preflight",
    on,
    {},
    {
      initContainerStatuses: [
        { name: "check", [exitCode === 0 ? "state" : "lastState"]: { terminated: { exitCode, message } } },
      ],
    },
  );

/** Every agent of a host. */
export const agentNames = ["openvswitch", "ovn-controller", "libvirt", "nova-compute", "neutron-ovn-agent"];
/** The pods of all agents on a host. */
export const agentsOn = (on: string, revision: string, ready = "True"): Live[] =>
  agentNames.map((agent) =>
    podOn(agent, on, { "nephos.dev/revision": revision }, { conditions: [{ type: "Ready", status: ready }] }),
  );
/** The DaemonSets of an earlier revision. */
export const setsOf = (revision: string): Live[] =>
  agentNames.map((agent) =>
    live({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: {
        name: `${agent}-standard-${revision}`,
        labels: { "app.kubernetes.io/name": agent, "nephos.dev/pool": "standard", "nephos.dev/revision": revision },
      },
    }),
  );
