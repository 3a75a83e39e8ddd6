import { playCluster } from "./actors.ts";
import { declareConformance, kettle } from "./conformance.ts";
import { customKind } from "./world/kinds.ts";
import { World } from "./world/world.ts";

const world = new World([customKind(kettle, "kettles")]);
playCluster(world, { later: (what) => void setTimeout(what, 1) });

describe("the world answers as a real API server does", () => {
  declareConformance(() => ({ transport: world, namespace: "conformance", forget: () => world.compact() }));
});

test("every past version can be read", async () => {
  const { history } = world.store;
  expect(new Set(history.at(history.version))).toEqual(new Set(history.all()));
  const [first] = history.changes;
  expect(history.at(first?.version ?? 0)).toEqual([first?.object]);
});
