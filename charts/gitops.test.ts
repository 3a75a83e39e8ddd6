import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Application } from "@kubernetes-models/argo-cd/argoproj.io/v1alpha1/Application";
import { HelmRelease } from "@kubernetes-models/flux-cd/helm.toolkit.fluxcd.io/v2/HelmRelease";
import { Kustomization } from "@kubernetes-models/flux-cd/kustomize.toolkit.fluxcd.io/v1/Kustomization";
import { GitRepository } from "@kubernetes-models/flux-cd/source.toolkit.fluxcd.io/v1/GitRepository";
import { parseAllDocuments } from "yaml";
import { kinds } from "../crds/index.ts";
import { at, isRecord, listAt, mapAt, textAt } from "../operator/object.ts";
import { crdOf } from "../operator/schema.ts";
import { values } from "./values.ts";

const repository = join(import.meta.dirname, "..");
const example = join(import.meta.dirname, "gitops", "example");

interface Found {
  readonly file: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/** Every object of the example, with its file; documents that are none are left to the first test. */
const found: readonly Found[] = readdirSync(example, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".yaml"))
  .sort()
  .flatMap((file) =>
    parseAllDocuments(readFileSync(join(example, file), "utf8")).map((document) => ({
      file,
      object: mapAt(document.toJS()),
    })),
  );
const of = (kind: string): Found[] => found.filter(({ object }) => object["kind"] === kind);
const nameOf = (object: unknown): string => textAt(object, "metadata", "name") ?? "";
const waveOf = (object: unknown): number =>
  Number(at(object, "metadata", "annotations", "argocd.argoproj.io/sync-wave") ?? Number.NaN);

const models = [Application, HelmRelease, Kustomization, GitRepository] as const;
const names = (list: readonly Found[]): string[] => list.map(({ object }) => nameOf(object));

/** What is wrong with an object by the schema of its kind. */
function flawsOf(object: Readonly<Record<string, unknown>>): string[] {
  const model = models.find(({ kind }) => kind === object["kind"]);
  const definition = kinds.find(({ kind }) => kind === object["kind"]);
  if (definition !== undefined) return (definition.spec.safeParse(object["spec"]).error?.issues ?? []).map(String);
  if (model === undefined)
    return object["kind"] === "Namespace" ? [] : [`nobody knows the kind ${String(object["kind"])}`];
  if (object["apiVersion"] !== model.apiVersion) return [`${model.kind} is of ${model.apiVersion}`];
  try {
    Object.assign(new model(), object).validate();
    return [];
  } catch (error) {
    return [String(error)];
  }
}

describe("every object of the example", () => {
  it.each(found)("in $file is what its schema takes", ({ object }) => {
    expect(flawsOf(object)).toEqual([]);
  });

  it("has a file of its own, and there are some of every kind", () => {
    expect(new Set(found.map(({ file }) => file)).size).toBe(found.length);
    expect([...new Set(found.map(({ object }) => textAt(object, "kind") ?? ""))].sort()).toEqual([
      "Application",
      "Cloud",
      "ComputeCell",
      "ComputePool",
      "GitRepository",
      "HelmRelease",
      "Kustomization",
      "Namespace",
      "Network",
      "ProviderNetwork",
    ]);
  });

  it.each(models)("would be refused if it were a $kind without what that needs", ({ kind, apiVersion }) => {
    expect(flawsOf({ kind, apiVersion, metadata: { name: "empty" }, spec: {} })).not.toEqual([]);
  });
});

const ownRepository = "https://git.example.org/platform/clouds.git";

/** Folders of the example's repository that an Application or a Kustomization takes its objects from. */
const foldersOf = (object: unknown): string[] =>
  [textAt(object, "spec", "path"), textAt(object, "spec", "source", "path")].filter((path) => path !== undefined);

/** The names of the objects that an Application or a Kustomization brings. */
const broughtBy = (object: unknown): string[] =>
  foldersOf(object).flatMap((path) =>
    names(found.filter(({ file }) => join(example, file).startsWith(`${join(example, path)}/`))),
  );

describe("with Argo CD", () => {
  const [root, ...children] = of("Application").toSorted((a, b) => a.file.split("/").length - b.file.split("/").length);
  const inOrder = children.toSorted((a, b) => waveOf(a.object) - waveOf(b.object));

  it("the one to apply by hand brings all others", () => {
    expect(broughtBy(root?.object).sort()).toEqual(names(children).sort());
  });

  it("namespaces come before the operator, which has a Role in them, and that before the Cloud", () => {
    expect(names(inOrder)).toEqual(["openstack-namespaces", "nephos", "openstack-demo"]);
    expect(new Set(inOrder.map(({ object }) => waveOf(object))).size).toBe(inOrder.length);
  });

  it("within the cloud nobody waits for what comes after it: the Cloud and its Network need each other", () => {
    const waves = ["Cloud", "Network", "ComputeCell", "ProviderNetwork", "ComputePool"].map((kind) =>
      of(kind).map(({ object }) => waveOf(object)),
    );
    expect(waves).toEqual([[1], [1], [2], [2], [3]]);
  });

  it("every folder is there, in the repository that is named", () => {
    const missing = of("Application").filter(({ object }) => {
      const ours = textAt(object, "spec", "source", "repoURL") === ownRepository;
      return !foldersOf(object).every((path) => existsSync(join(ours ? example : repository, path)));
    });
    expect(names(missing)).toEqual([]);
  });

  it("objects that have defaults are compared by the API server, so that no difference has to be ignored", () => {
    const served = children.filter(({ object }) => !broughtBy(object).includes("nephos-system"));
    expect(served).toHaveLength(2);
    for (const { object } of served) {
      expect(at(object, "metadata", "annotations", "argocd.argoproj.io/compare-options")).toBe("ServerSideDiff=true");
      expect(listAt(object, "spec", "syncPolicy", "syncOptions")).toContain("ServerSideApply=true");
      expect(at(object, "spec", "ignoreDifferences")).toBeUndefined();
    }
  });
});

describe("with Flux", () => {
  const after = ({ object }: Found): string[] =>
    listAt(object, "spec", "dependsOn").map((entry) => textAt(entry, "name") ?? "");

  it("namespaces come before the operator, and that before the Cloud", () => {
    expect(Object.fromEntries(of("Kustomization").map((each) => [nameOf(each.object), after(each)]))).toEqual({
      "openstack-namespaces": [],
      "openstack-operator": ["openstack-namespaces"],
      "openstack-demo": ["openstack-operator"],
    });
  });

  it("each waits until kstatus calls all that it brings current", () => {
    expect(of("Kustomization").filter(({ object }) => at(object, "spec", "wait") !== true)).toEqual([]);
  });

  it("every folder is there, and every source", () => {
    const folders = of("Kustomization").flatMap(({ object }) => foldersOf(object));
    expect(folders.filter((path) => !existsSync(join(example, path)))).toEqual([]);
    const sources = of("HelmRelease").map(({ object }) => mapAt(object, "spec", "chart", "spec"));
    expect(sources.map((source) => textAt(source, "sourceRef", "name"))).toEqual(names(of("GitRepository")));
    expect(sources.filter((source) => !existsSync(join(repository, textAt(source, "chart") ?? "-")))).toEqual([]);
  });
});

describe("whichever tool it is", () => {
  const charts = [
    ...of("HelmRelease").map(({ object }) => mapAt(object, "spec", "values")),
    ...of("Application").flatMap(({ object }) => {
      const own = mapAt(object, "spec", "source", "helm", "valuesObject");
      return Object.keys(own).length === 0 ? [] : [own];
    }),
  ];

  it("the chart gets the same values, and takes them", () => {
    expect(charts).toHaveLength(2);
    expect(charts[0]).toEqual(charts[1]);
    expect(values.safeParse(charts[0]).error).toBeUndefined();
  });

  it("what a cloud consists of is named as it is called", () => {
    const [cloud, network, cell] = ["Cloud", "Network", "ComputeCell"].map((kind) => names(of(kind)));
    const named = (kind: string, part: string) => of(kind).map(({ object }) => textAt(object, "spec", part, "name"));
    expect([named("Network", "cloud"), named("ComputeCell", "cloud")]).toEqual([cloud, cloud]);
    expect([named("ProviderNetwork", "network"), named("ComputePool", "cell")]).toEqual([network, cell]);
  });

  it("the namespace of all that is ours is made, is one that the operator looks after, and is never deleted", () => {
    const ours = found.filter(({ object }) => kinds.some(({ kind }) => kind === object["kind"]));
    expect(ours.length).toBeGreaterThan(4);
    for (const { object } of ours) {
      const namespace = textAt(object, "metadata", "namespace") ?? "";
      expect(listAt(charts[0], "namespaces")).toContain(namespace);
      const made = of("Namespace").find((each) => nameOf(each.object) === namespace)?.object;
      expect(at(made, "metadata", "annotations")).toEqual({
        "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
        "kustomize.toolkit.fluxcd.io/prune": "disabled",
      });
    }
  });
});

/** Paths of fields with a default that are within a member of a list. */
function defaultsInLists(schema: unknown, path = "", listed = false): string[] {
  if (!isRecord(schema)) return [];
  const fields = Object.entries(mapAt(schema, "properties")).flatMap(([name, inner]) =>
    defaultsInLists(inner, `${path}.${name}`, listed),
  );
  const own = listed && "default" in schema ? [path] : [];
  return [...own, ...fields, ...defaultsInLists(schema["items"], `${path}[]`, true)];
}

describe("a tool that compares without asking the API server", () => {
  // It takes lists whole: a default within one of their members is a difference to it that no application removes.
  it("sees no difference where a Cloud was given its defaults; in a Registration only where members of lists are cut short", () => {
    const inLists = kinds.map((kind) => {
      const schema = at(listAt(crdOf(kind), "spec", "versions")[0], "schema", "openAPIV3Schema");
      return [kind.kind, defaultsInLists(schema)] as const;
    });
    expect(Object.fromEntries(inLists)).toEqual({
      Cloud: [],
      ComputeCell: [],
      ComputeNode: [],
      ComputePool: [],
      Network: [],
      ProviderNetwork: [],
      Registration: [".spec.users[].keep", ".spec.users[].assignments"],
    });
  });
});
