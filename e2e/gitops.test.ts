import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse, stringify } from "yaml";
import { kinds } from "../crds/index.ts";
import { isRecord, mapAt, textAt } from "../operator/object.ts";
import { crdOf } from "../operator/schema.ts";
import { CommandFailed } from "./lab/host/command.ts";
import { scene, type Scene } from "./scene/scene.ts";

const namespace = "e2e-gitops";
const samples = join(import.meta.dirname, "..", "crds", "samples");
const crds = kinds.map((kind) => stringify(crdOf(kind), { aliasDuplicateObjects: false })).join("---\n");

let on: Scene;

beforeAll(async () => {
  on = await scene();
  await on.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], crds);
  const ours = ["crd", "-l", "app.kubernetes.io/part-of=nephos"];
  await on.kubectl(["wait", "--for=condition=Established", ...ours, "--timeout=60s"]);
  await on.kubectl(["create", "namespace", namespace]);
});

afterAll(async () => {
  await on.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"]);
  await on.transport.close();
});

let count = 0;

/** A sample as somebody has it in Git, for the namespace of these tests and under a name of its own. */
function sample(file: string): Record<string, unknown> {
  const document = mapAt(parse(readFileSync(join(samples, file), "utf8")));
  return { ...document, metadata: { ...mapAt(document, "metadata"), name: `sample${++count}`, namespace } };
}

/** How a document gets into the cluster: kubectl's way, with what was applied last in an annotation; and the API server's. */
const ways = [
  ["kubectl", []],
  ["Flux and Argo CD, on the server", ["--server-side", "--force-conflicts", "--field-manager=gitops"]],
] as const;

/** Applies a document; gives the object as it is then. */
async function apply(document: object, flags: readonly string[]): Promise<Record<string, unknown>> {
  return mapAt(JSON.parse(await on.kubectl(["apply", ...flags, "-o", "json", "-f", "-"], stringify(document))));
}

/** The same once Nephos has reported on it. */
async function report(live: unknown): Promise<unknown> {
  const name = textAt(live, "metadata", "name") ?? "";
  const target = [textAt(live, "kind") ?? "", name, "-n", namespace, "--subresource=status"];
  const status = JSON.stringify({ status: { observedGeneration: 1, reason: "Progressing" } });
  return JSON.parse(await on.kubectl(["patch", ...target, "--type=merge", "-p", status, "-o", "json"]));
}

/** What kubectl says that applying a document would change. */
async function differenceOf(document: object, flags: readonly string[]): Promise<string> {
  try {
    return await on.kubectl(["diff", ...flags, "-f", "-"], stringify(document));
  } catch (error) {
    // That is how it says that there is a difference.
    if (error instanceof CommandFailed && error.code === 1) return error.lines.join("\n");
    throw error;
  }
}

/** What the API server and kubectl add to metadata for themselves. */
const bookkeeping = new Set(["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"]);
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

function without(map: Readonly<Record<string, unknown>>, dropped: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).filter(([field]) => !dropped.has(field)));
}

/** An object as a person would commit it who read it from the cluster. */
function committed(live: unknown): Record<string, unknown> {
  const annotations = without(mapAt(live, "metadata", "annotations"), new Set([lastApplied]));
  const metadata = without(mapAt(live, "metadata"), bookkeeping.union(new Set(["annotations"])));
  const annotated = Object.keys(annotations).length === 0 ? {} : { annotations };
  return { ...without(mapAt(live), new Set(["status"])), metadata: { ...metadata, ...annotated } };
}

/** An object without what only counts applications. */
function content(live: unknown): unknown {
  return { ...committed(live), status: mapAt(live, "status"), generation: mapAt(live, "metadata")["generation"] };
}

const versionOf = (live: unknown): string | undefined => textAt(live, "metadata", "resourceVersion");

/** Where the live object is not as the document says, in a comparison that knows no schema: fields may come on top, members of a list may not. */
function driftOf(wanted: unknown, live: unknown, path = ""): string[] {
  if (isRecord(wanted) && isRecord(live))
    return Object.entries(wanted).flatMap(([field, inner]) => driftOf(inner, live[field], `${path}.${field}`));
  return isDeepStrictEqual(wanted, live) ? [] : [path];
}

describe.each(ways)("applied by %s", (_, flags) => {
  it.each(readdirSync(samples))("%s, read back and applied again, stays as it is", async (file) => {
    const document = sample(file);
    // What is only a default is stored with the next write: until Nephos has made one, the second application would be that.
    const first = await report(await apply(document, flags));
    expect(versionOf(await apply(document, flags))).toBe(versionOf(first));
    expect(await differenceOf(document, flags)).toBe("");

    const named = [textAt(first, "kind") ?? "", textAt(first, "metadata", "name") ?? ""];
    const read = committed(parse(await on.kubectl(["get", ...named, "-n", namespace, "-o", "yaml"])));
    expect(await differenceOf(read, flags)).toBe("");
    const second = await apply(read, flags);
    expect(content(second)).toEqual(content(first));
    expect(versionOf(await apply(read, flags))).toBe(versionOf(second));
    expect(content(await apply(document, flags))).toEqual(content(first));
  });
});

it.each(readdirSync(samples))("%s shows no drift to a tool that knows nothing of defaults", async (file) => {
  const document = sample(file);
  expect(driftOf(document, await apply(document, []))).toEqual([]);
});

const example = join(import.meta.dirname, "..", "charts", "gitops", "example");

const takenByApiServer = ["namespaces", "clouds/demo"].flatMap((folder) =>
  readdirSync(join(example, folder)).map((file) => join(folder, file)),
);

it.each(takenByApiServer)("%s of the example is what the API server takes", async (file) => {
  const document = mapAt(parse(readFileSync(join(example, file), "utf8")));
  const placed = textAt(document, "kind") === "Namespace" ? {} : { namespace };
  const metadata = { ...mapAt(document, "metadata"), ...placed };
  const args = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "--force-conflicts", "-f", "-"];
  expect(await on.kubectl(args, stringify({ ...document, metadata }))).toContain("serverside-applied");
});

it("the configuration for Argo CD is a ConfigMap that the API server takes", async () => {
  const document = mapAt(parse(readFileSync(join(example, "..", "argocd-cm.yaml"), "utf8")));
  const metadata = { ...mapAt(document, "metadata"), namespace };
  const args = ["apply", "--server-side", "--dry-run=server", "-f", "-"];
  expect(await on.kubectl(args, stringify({ ...document, metadata }))).toContain("serverside-applied");
});

it("an object that no operator has seen yet says so, lest it be taken for one that is done", async () => {
  const live = await apply(sample("single-node.yaml"), []);
  expect(live["status"]).toEqual({ observedGeneration: -1 });
});

it("the CRDs applied again stay as they are", async () => {
  const versions = async (): Promise<unknown> => {
    const args = [
      "get",
      "crd",
      "-l",
      "app.kubernetes.io/part-of=nephos",
      "-o",
      "jsonpath={.items[*].metadata.resourceVersion}",
    ];
    return on.kubectl(args);
  };
  const before = await versions();
  await on.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], crds);
  expect(await versions()).toBe(before);
});
