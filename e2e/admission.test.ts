import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { kinds } from "../crds/index.ts";
import { mapAt } from "../operator/object.ts";
import { crdOf } from "../operator/schema.ts";
import { CommandFailed } from "./lab/host/command.ts";
import { scene, type Scene } from "./scene/scene.ts";

const namespace = "e2e-admission";
const crds = join(import.meta.dirname, "..", "crds");

const files = (folder: string): [string, string][] =>
  readdirSync(join(crds, folder)).map((file) => [file, readFileSync(join(crds, folder, file), "utf8")]);

let on: Scene;

beforeAll(async () => {
  on = await scene();
  await on.kubectl(
    ["apply", "--server-side", "--force-conflicts", "-f", "-"],
    kinds.map((kind) => stringify(crdOf(kind))).join("---\n"),
  );
  await on.kubectl([
    "wait",
    "--for=condition=Established",
    "crd",
    "-l",
    "app.kubernetes.io/part-of=nephos",
    "--timeout=60s",
  ]);
  await on.kubectl(["create", "namespace", namespace]);
});

afterAll(async () => {
  await on.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"]);
  await on.transport.close();
});

/** What the API server says of a document: nothing, or why it is refused. */
async function refusal(text: string): Promise<string> {
  const document = mapAt(parse(text));
  const placed = { ...document, metadata: { ...mapAt(document, "metadata"), namespace } };
  try {
    await on.kubectl(["apply", "--dry-run=server", "-f", "-"], stringify(placed));
    return "";
  } catch (error) {
    if (error instanceof CommandFailed) return error.lines.join("\n");
    throw error;
  }
}

describe("the API server refuses, and says what to do about it:", () => {
  it.each(files("invalid"))("%s", async (_, text) => {
    const expected = /^# expect: (.+)$/m.exec(text)?.[1];
    if (expected === undefined) throw new Error("the first line has to say what the API server answers: # expect: …");
    expect(await refusal(text)).toContain(expected);
  });
});

describe("the API server takes", () => {
  it.each(files("samples"))("%s", async (_, text) => {
    expect(await refusal(text)).toBe("");
  });
});

describe("kubectl explain says what a field is, and its default:", () => {
  it.each([
    ["cloud.spec.services", "keystone: identity"],
    ["cloud.spec.services.replicas", "Default 1."],
    ["cloud.spec.config.valueFrom.secretKeyRef", "A Secret of the Cloud's namespace"],
    ["cloud.spec.config.values", "An empty list takes out what Nephos sets."],
    ["cloud.status.resolved.images", "What pods have as their images"],
    ["cloud.status.conditions", "UnknownOptions"],
  ])("%s", async (field, sentence) => {
    const told = await on.kubectl(["explain", field]);
    expect(told.replaceAll(/\s+/g, " ")).toContain(sentence);
  });
});
