import { stringify } from "yaml";
import { z } from "zod";
import { conditions, crdOf } from "../operator/schema.ts";
import { kettle } from "../operator/testing/conformance/ground.ts";
import { declareConformance } from "../operator/testing/conformance.ts";
import { scene, type Scene } from "./scene/scene.ts";

const namespace = "e2e-conformance";
const crdName = "kettles.conformance.example.dev";

let at: Scene;

const crd = crdOf({
  group: "conformance.example.dev",
  version: "v1",
  kind: kettle.kind,
  shortNames: [],
  categories: [],
  description: "A pot to boil water in",
  spec: z.object({ water: z.int().optional() }),
  status: z.object({ hot: z.boolean().optional(), conditions: conditions.optional() }),
  columns: [],
});

beforeAll(async () => {
  at = await scene();
  await at.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--timeout=120s"]);
  await at.kubectl(["delete", "crd", crdName, "--ignore-not-found"]);
  await at.kubectl(["create", "namespace", namespace]);
  await at.kubectl(["apply", "--server-side", "-f", "-"], stringify(crd, { aliasDuplicateObjects: false }));
  await at.kubectl(["wait", "--for=condition=Established", `crd/${crdName}`, "--timeout=60s"]);
});

afterAll(async () => {
  await at.kubectl(["delete", "crd", crdName, "--ignore-not-found"]);
  await at.kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"]);
  await at.transport.close();
});

describe("a real API server answers as the world does", () => {
  declareConformance(() => ({ transport: at.transport, namespace }));
});
