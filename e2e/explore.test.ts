import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { objectsWantedBy, territories } from "../controllers/testing/explore.ts";
import { kinds } from "../crds/index.ts";
import { pluralOf } from "../operator/access.ts";
import { at, type Kind, type Manifest, mapAt, textAt } from "../operator/object.ts";
import { crdOf } from "../operator/schema.ts";
import { admit } from "../operator/admission.ts";
import type { Mutation } from "../operator/testing/explore.ts";
import type { Answer } from "../operator/transport.ts";
import { scene, type Scene } from "./scene/scene.ts";

const namespace = "e2e-explore";
/** So many questions are asked at a time. */
const width = 16;
const dry = { dryRun: "All", fieldValidation: "Strict" } as const;

let on: Scene;

beforeAll(async () => {
  on = await scene();
  const crds = kinds.map((kind) => stringify(crdOf(kind), { aliasDuplicateObjects: false })).join("---\n");
  await on.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], crds);
  const established = ["wait", "--for=condition=Established", "crd", "-l", "app.kubernetes.io/part-of=nephos"];
  await on.kubectl([...established, "--timeout=60s"]);
  await on.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--timeout=120s"]);
  await on.kubectl(["create", "namespace", namespace]);
});

afterAll(async () => {
  await on.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"]);
  await on.transport.close();
});

/** Where objects of a kind are. */
function collectionOf(kind: Kind): string {
  const group = kind.apiVersion.includes("/") ? "apis" : "api";
  return `/${group}/${kind.apiVersion}/namespaces/${namespace}/${pluralOf(kind)}`;
}

/** Asks for each of a list, some at a time. */
async function answersTo<T, R>(list: readonly T[], ask: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let index = 0; index < list.length; index += width)
    answers.push(...(await Promise.all(list.slice(index, index + width).map(ask))));
  return answers;
}

/** Puts the objects that mutations start from into the cluster; gives the path of each by its content. */
async function starts(kind: Kind, mutations: readonly Mutation[]): Promise<ReadonlyMap<string, string>> {
  const contents = [...new Set(mutations.map(({ start }) => JSON.stringify(start)))];
  const paths = await answersTo([...contents.entries()], async ([index, content]) => {
    const name = `start${index}`;
    const body = { ...mapAt(JSON.parse(content)), metadata: { name, namespace } };
    const { status, body: said } = await on.transport.call({ method: "POST", path: collectionOf(kind), body });
    if (status !== 201) throw new Error(`what a mutation starts from is refused: ${JSON.stringify(said)}`);
    return [content, `${collectionOf(kind)}/${name}`] as const;
  });
  return new Map(paths);
}

/** What the API server says of a mutation; nothing is stored. */
function tried(path: string, { changed: { spec } }: Mutation): Promise<Answer> {
  const body = [spec === undefined ? { op: "remove", path: "/spec" } : { op: "replace", path: "/spec", value: spec }];
  return on.transport.call({ method: "PATCH", path, query: dry, contentType: "application/json-patch+json", body });
}

/** Where the API server and our own reading of the schema differ about a mutation; nothing where they agree. */
function disagreement(schema: unknown, mutation: Mutation, { status, body }: Answer): string[] {
  const { stored, refused } = admit(schema, mutation.changed, mutation.start);
  const title = `${mutation.path} '${mutation.operation}'`;
  const said = textAt(body, "message") ?? "";
  if (refused.length === 0 && status === 200) {
    const same = isDeepStrictEqual(at(body, "spec"), at(stored, "spec"));
    return same
      ? []
      : [`${title}: stored as ${JSON.stringify(at(body, "spec"))}, not ${JSON.stringify(at(stored, "spec"))}`];
  }
  const [first] = refused;
  if (first === undefined) return [`${title}: we admit what is refused with ${status}: ${said}`];
  if (status !== 422 && status !== 400)
    return [`${title}: we refuse what is admitted: ${first.path}: ${first.message}`];
  return refused.some(({ path, message }) => (path !== "" && said.includes(path)) || said.includes(message))
    ? []
    : [`${title}: we say ${first.path}: ${first.message}, they say ${said}`];
}

describe.each([...territories])("of every change of every field of a $kind", ({ kind, schema, mutations }) => {
  it("the API server says what our own reading of the schema says, and stores the same", async () => {
    const paths = await starts({ apiVersion: "nephos.dev/v1alpha1", kind }, mutations);
    const answers = await answersTo(mutations, async (mutation) =>
      disagreement(schema, mutation, await tried(paths.get(JSON.stringify(mutation.start)) ?? "", mutation)),
    );
    expect(answers.length).toBeGreaterThan(100);
    expect(answers.flat()).toEqual([]);
  });
});

/** The first object of each kind that a Cloud wants under each spec that its schema admits: pods are the same everywhere. */
function wantedByAll(): Map<string, { readonly title: string; readonly wanted: Manifest }> {
  const clouds = territories.filter(({ kind }) => kind === "Cloud");
  const admitted = clouds.flatMap(({ schema, mutations }) =>
    mutations.flatMap((mutation) => {
      const { stored, refused } = admit(schema, mutation.changed, mutation.start);
      return refused.length > 0 ? [] : [{ title: `${mutation.path} '${mutation.operation}'`, stored: mapAt(stored) }];
    }),
  );
  const all = admitted.flatMap(({ title, stored }) => {
    const firsts = new Map(
      objectsWantedBy(stored)
        .toReversed()
        .map((wanted) => [wanted.kind, wanted]),
    );
    return [...firsts.values()].map((wanted) => [JSON.stringify(wanted), { title, wanted }] as const);
  });
  return new Map(all);
}

describe("whatever the schema of a Cloud admits", () => {
  it("the API server takes what Nephos makes of it", async () => {
    const answers = await answersTo([...wantedByAll().values()], async ({ title, wanted }) => {
      const body = { ...wanted, metadata: { ...wanted.metadata, namespace } };
      const answer = await on.transport.call({ method: "POST", path: collectionOf(wanted), query: dry, body });
      return answer.status === 201 ? [] : [`${title}: ${textAt(answer.body, "message") ?? answer.status}`];
    });
    expect(answers.length).toBeGreaterThan(50);
    expect(answers.flat()).toEqual([]);
  });
});
