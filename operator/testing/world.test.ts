import { playCluster } from "./actors.ts";
import { kubeClient } from "../client.ts";
import { kettle } from "./conformance/ground.ts";
import { declareConformance, heardBy } from "./conformance.ts";
import { customKind } from "./world/kinds.ts";
import { World } from "./world/world.ts";

const world = new World([customKind(kettle, "kettles")]);
playCluster(world, { later: (what) => void setTimeout(what, 1) });

describe("the world answers as a real API server does", () => {
  declareConformance(() => ({ transport: world, namespace: "conformance" }));
});

test("every past version can be read", async () => {
  const { history } = world.store;
  expect(new Set(history.at(history.version))).toEqual(new Set(history.all()));
  const [first] = history.changes;
  expect(history.at(first?.version ?? 0)).toEqual([first?.object]);
});

// A real API server forgets when it pleases, so that only the world can be asked.
test("a watch from a past that is forgotten ends with 410", async () => {
  world.compact();
  const configMap = { apiVersion: "v1", kind: "ConfigMap" };
  expect(await heardBy(kubeClient(world), configMap, "conformance", "1", 1)).toEqual(["ERROR 410"]);
});
