import { memoryOf, resourcesWith } from "./resources.ts";

describe("the memory of a pod, in MiB", () => {
  it.each([
    ["what it asks for", { requests: { memory: "1Gi" } }, { asked: 1024, most: undefined }],
    ["its limit, where it asks for nothing", { limits: { memory: "512Mi" } }, { asked: 512, most: 512 }],
    [
      "both, where both are said",
      { requests: { memory: "1G" }, limits: { memory: 2 ** 31 } },
      { asked: 953, most: 2048 },
    ],
    ["ours, where nothing is said", {}, { asked: 96, most: undefined }],
  ])("is %s", (_, wishes, expected) => {
    expect(memoryOf(resourcesWith({ memory: "96Mi" }, wishes))).toEqual(expected);
  });
});
