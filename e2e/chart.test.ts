import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { installManifests } from "../charts/install.ts";
import { kinds } from "../crds/index.ts";
import { type Kind, at, isRecord, listAt, mapAt, textAt } from "../operator/object.ts";
import { crdOf } from "../operator/schema.ts";
import { expectGolden } from "../operator/testing/golden.ts";
import { flawsOf } from "./lab/api-schemas.ts";
import { ensureTool } from "./lab/binaries.ts";
import { type Cluster, findCluster } from "./lab/cluster.ts";
import { CommandFailed } from "./lab/host/command.ts";
import { type Helm, helmFor } from "./lab/helm.ts";

const charts = join(import.meta.dirname, "..", "charts");
const chart = join(charts, "nephos");
const golden = join(charts, "golden");
const everyValue = ["--values", join(golden, "full.values.yaml")];

let helm: Helm;

// The first time, helm and kubeconform are built from source, which takes minutes.
beforeAll(async () => {
  helm = await helmFor(undefined);
  await ensureTool("kubeconform");
}, 1_200_000);

function render(args: readonly string[] = []): Promise<string> {
  return helm(["template", "nephos", chart, "--namespace", "nephos-system", ...args]);
}

function objectsIn(yaml: string): Record<string, unknown>[] {
  return parseAllDocuments(yaml)
    .map((document): unknown => document.toJS())
    .filter(isRecord);
}

const isCrd = (object: unknown): boolean => textAt(object, "kind") === "CustomResourceDefinition";

/** What is the chart's own: CRDs and permissions follow from the code, and are compared with it. */
function ownPart(yaml: string): string {
  return objectsIn(yaml)
    .filter((object) => !isCrd(object))
    .map((object) => stringify("rules" in object ? { ...object, rules: "…" } : object))
    .join("---\n");
}

describe("the chart", () => {
  it.each([
    ["as it is", []],
    ["with every value set", everyValue],
  ])("passes helm lint, %s", async (_, args) => {
    expect(await helm(["lint", "--strict", chart, ...args])).toContain("1 chart(s) linted, 0 chart(s) failed");
  });

  it("renders as recorded by default", async () => {
    expectGolden(ownPart(await render()), join(golden, "default.yaml"));
  });

  it("renders as recorded with every value set", async () => {
    expectGolden(ownPart(await render(everyValue)), join(golden, "full.yaml"));
  });

  it("has every value there is among those recorded", async () => {
    const [defaults = {}] = objectsIn(readFileSync(join(chart, "values.yaml"), "utf8"));
    const [full = {}] = objectsIn(readFileSync(join(golden, "full.values.yaml"), "utf8"));
    const leaves = (value: unknown, path: string): string[] =>
      isRecord(value) && Object.keys(value).length > 0
        ? Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${path}.${name}`))
        : [path];
    const missing = leaves(defaults, "").filter((path) => at(full, ...path.slice(1).split(".")) === undefined);
    expect(missing).toEqual([]);
  });

  it("brings the CRDs as they are, to be kept when all else goes", async () => {
    const byName = (crds: readonly unknown[]): unknown =>
      Object.fromEntries(crds.map((crd) => [textAt(crd, "metadata", "name"), crd]));
    const keep = { "helm.sh/resource-policy": "keep" };
    const crds = kinds.map((kind) => ({
      ...crdOf(kind),
      metadata: { ...mapAt(crdOf(kind), "metadata"), annotations: keep },
    }));
    expect(byName(objectsIn(await render()).filter(isCrd))).toEqual(byName(crds));
  });

  it("installs what the install file installs, but for labels and the namespaces", async () => {
    const installed = installManifests({
      image: "localhost/nephos/operator:0.1.0",
      images: {},
      registry: "localhost/nephos",
      namespaces: ["one", "two"],
    });
    const args = ["--set=namespaces={one,two}", "--set=replicas=1", "--set=podDisruptionBudget.enabled=false"];
    expect(bare(objectsIn(await render(args)))).toEqual(
      bare(installed.filter((object) => textAt(object, "kind") !== "Namespace")),
    );
  });

  it("gives the operator its rights by namespace, without a wildcard", async () => {
    const rights = objectsIn(await render(["--set=namespaces={one,two}"])).filter((object) => "rules" in object);
    expect(
      rights.map((role) => `${textAt(role, "kind") ?? ""} ${textAt(role, "metadata", "namespace") ?? ""}`).sort(),
    ).toEqual(["ClusterRole ", "Role nephos-system", "Role one", "Role two"]);
    expect(JSON.stringify(rights)).not.toContain('"*"');
  });
});

/** Objects by their names, without what an installation adds to their metadata. */
function bare(objects: readonly object[]): Record<string, unknown> {
  return Object.fromEntries(
    objects.map((object) => {
      const { labels: _, annotations: __, ...metadata } = mapAt(object, "metadata");
      const key = [textAt(object, "kind"), metadata["namespace"], metadata["name"]].join(" ");
      return [key, { ...object, metadata }] as const;
    }),
  );
}

describe("a value that makes no sense is refused, and named", () => {
  it.each([
    ["replicas=0", "at '/replicas': minimum: got 0, want 1"],
    ["replicas=two", "at '/replicas': got string, want integer"],
    ["namespaces={}", "at '/namespaces/0'"],
    ["namespaces={*}", "at '/namespaces/0': '*' does not match"],
    ["namespaces={one,one}", "at '/namespaces': items at 0 and 1 are equal"],
    ["namespaces=openstack", "at '/namespaces': got string, want array"],
    ["image.digest=sha256:12", "at '/image/digest'"],
    ["image.pullPolicy=Sometimes", "at '/image/pullPolicy'"],
    ["logLevel=loud", "at '/logLevel': value must be one of"],
    ["networkPolicy.apiServerPorts={70000}", "at '/networkPolicy/apiServerPorts/0': maximum: got 70,000, want 65,535"],
    ["podDisruptionBudget.maxUnavailable=0", "at '/podDisruptionBudget/maxUnavailable'"],
    ["replica=3", "additional properties 'replica' not allowed"],
    ["image.repository=x", "at '/image': additional properties 'repository' not allowed"],
  ])("%s", async (setting, sentence) => {
    const said = await render(["--set", setting]).then(
      () => "",
      (error: unknown) => (error instanceof CommandFailed ? error.lines.join("\n") : String(error)),
    );
    expect(said).toContain(sentence);
  });

  it("but what Helm hands to a sub-chart is let through", async () => {
    expect(await render(["--set=global.imagePullSecrets={a}"])).toContain("kind: Deployment");
  });
});

describe("the API server's own schemas", () => {
  let cluster: Cluster;
  const kindsIn = (yaml: string): Kind[] => {
    const all = objectsIn(yaml).map((object) => ({
      apiVersion: textAt(object, "apiVersion") ?? "",
      kind: textAt(object, "kind") ?? "",
    }));
    return [...new Map(all.map((kind) => [JSON.stringify(kind), kind])).values()];
  };
  const flaws = (yaml: string): Promise<readonly string[]> => flawsOf(cluster, yaml, kindsIn(yaml));

  beforeAll(async () => {
    const found = await findCluster(process.env["NEPHOS_TEST_CLUSTER"] ?? "test");
    if (found === undefined) throw new Error("no test cluster runs: use make test");
    cluster = found;
  });

  it("have what the chart renders by default", async () => {
    expect(await flaws(await render())).toEqual([]);
  });

  it("have what it renders with every value set; a ServiceMonitor is not among what they know", async () => {
    const yaml = await render(everyValue);
    const known = objectsIn(yaml).filter((object) => textAt(object, "kind") !== "ServiceMonitor");
    expect(known.length).toBe(objectsIn(yaml).length - 1);
    expect(await flaws(known.map((object) => stringify(object)).join("---\n"))).toEqual([]);
  });

  it("would not have a field that nobody knows, nor a number that is none", async () => {
    const [deployment] = objectsIn(await render()).filter((object) => textAt(object, "kind") === "Deployment");
    const spec = mapAt(deployment, "spec");
    const wrong = { ...deployment, spec: { ...spec, replicas: "two", replica: 2 } };
    const said = (await flaws(stringify(wrong))).join("\n");
    expect(said).toContain("replica");
    expect(said).toContain("got string, want integer");
    expect(listAt(deployment, "spec", "template", "spec", "containers").length).toBe(1);
  });
});
