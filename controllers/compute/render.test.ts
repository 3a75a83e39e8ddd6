import { join } from "node:path";
import { stringify } from "yaml";
import { computePoolSpec } from "../../crds/compute-pool.ts";
import { at, listAt, textAt } from "../../operator/object.ts";
import { expectGolden } from "../../operator/testing/golden.ts";
import { cellDefinition } from "../cell/definition.ts";
import { contextWith, specOf } from "../testing/render.ts";
import { requestsMissing } from "../testing/pods.ts";
import { agents } from "./agents.ts";
import type { HostContext } from "./host-context.ts";
import { placeOf, revisionValue } from "./labels.ts";
import { renderRevision } from "./render.ts";

const inCloud = (changes: Parameters<typeof contextWith>[0] = {}): HostContext["cell"] => ({
  service: cellDefinition("cell1"),
  context: contextWith(changes),
});
const context: HostContext = {
  namespace: "openstack",
  pool: "standard",
  cell: inCloud(),
  datapath: "UserSpace",
  wishes: computePoolSpec.parse({ cell: { name: "cell1" } }),
  remote: "ssl:10.96.0.7:6642",
};

const { name, configuration, workloads } = renderRevision(context);
const podOf = (workload: unknown): unknown => at(workload, "spec", "template", "spec");

describe("the agents of a pool", () => {
  it("are rendered as recorded", () => {
    const text = [...configuration, ...workloads].map((each) =>
      stringify(each, { lineWidth: 140, aliasDuplicateObjects: false }),
    );
    expectGolden(text.join("---\n"), join(import.meta.dirname, "golden", "agents.yaml"));
  });

  it("are another revision with another image, file or setting, and the same with the same", () => {
    const changes: Partial<HostContext>[] = [
      { cell: inCloud({ release: "2025.1" }) },
      { datapath: "Kernel" },
      { remote: "ssl:10.96.0.8:6642" },
      { cell: inCloud({ image: (each) => `registry.example.org/other/${each}` }) },
      { cell: inCloud({ spec: specOf({ images: { pullSecrets: [{ name: "pull" }] } }) }) },
      { cell: { ...inCloud(), service: cellDefinition("cell2") } },
    ];
    const names = changes.map((change) => renderRevision({ ...context, ...change }).name);
    expect(new Set([name, ...names]).size).toBe(changes.length + 1);
    expect(renderRevision({ ...context }).name).toBe(name);
  });

  it("go to hosts that a cluster's administrator gave to the namespace, and that were told this revision, and nowhere else", () => {
    for (const workload of workloads) {
      expect(at(podOf(workload), "nodeSelector")).toEqual({
        "nephos.dev/host-of": "openstack",
        "nephos.dev/agents": `standard.${name}`,
      });
    }
  });

  it("are never replaced behind the back of a wave", () => {
    expect(workloads.map((each) => textAt(each, "spec", "updateStrategy", "type"))).toEqual(
      agents.map(() => "OnDelete"),
    );
  });

  it("are the last pods to leave a node that is short of something, and stay where nothing else may", () => {
    for (const workload of workloads) {
      expect(textAt(podOf(workload), "priorityClassName")).toBe("system-node-critical");
      expect(listAt(podOf(workload), "tolerations")).toEqual([{ operator: "Exists" }]);
    }
  });

  it("take a port of the host each, so that of two revisions of one never both run there", () => {
    const locks = workloads.map((each) => at(listAt(listAt(podOf(each), "containers")[0], "ports")[0], "hostPort"));
    expect(new Set(locks).size).toBe(agents.length);
  });

  it("run under an account of their own, without a token", () => {
    for (const workload of workloads) {
      expect(textAt(podOf(workload), "serviceAccountName")).toBe("nephos-host-agents");
      expect(at(podOf(workload), "automountServiceAccountToken")).toBe(false);
    }
  });

  it("have no way into a database", () => {
    const files = JSON.stringify(configuration);
    expect(files).toContain("transport_url");
    expect(files).not.toMatch(/mysql|\[(api_)?database\]|-database"/);
  });

  it("say what they need", () => {
    expect(workloads.flatMap((each) => requestsMissing(podOf(each)))).toEqual([]);
  });

  it("are privileged where they work on the host's kernel, and have no capability anywhere else", () => {
    const containers = workloads.flatMap((each) => listAt(podOf(each), "containers"));
    const rights = containers.map((each) => [
      textAt(each, "name"),
      at(each, "securityContext", "privileged") ?? at(each, "securityContext", "capabilities", "drop"),
    ]);
    expect(Object.fromEntries(rights)).toEqual({
      database: ["ALL"],
      switch: true,
      controller: ["ALL"],
      chassis: ["ALL"],
      libvirtd: true,
      screens: ["ALL"],
      compute: true,
      agent: true,
    });
  });

  it("share the host's processes only where guests have to outlive a pod", () => {
    const sharing = workloads.filter((each) => at(podOf(each), "hostPID") === true);
    expect(sharing.map((each) => textAt(each, "metadata", "labels", "app.kubernetes.io/name"))).toEqual(["libvirt"]);
  });

  it("have names that a node's label can hold", () => {
    const pool = "p".repeat(54);
    const long = renderRevision({ ...context, pool });
    expect(revisionValue(pool, long.name).length).toBeLessThanOrEqual(63);
  });
});

describe("the label of a node", () => {
  it.each([
    [undefined, undefined],
    ["", undefined],
    ["foreign", undefined],
    [revisionValue("one", "0a1b2c3d"), { pool: "one", revision: "0a1b2c3d" }],
    [revisionValue("one.two", "0a1b2c3d"), { pool: "one.two", revision: "0a1b2c3d" }],
  ])("%s means %j", (value, place) => {
    expect(placeOf(value)).toEqual(place);
  });
});
