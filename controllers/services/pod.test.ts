import { specOf } from "../testing/render.ts";
import { restrictedPod } from "./pod.ts";

const pod = (wishes: object = {}) => restrictedPod({ spec: specOf(wishes), uid: 7, containers: [{ name: "a" }] });

describe("a pod", () => {
  it("goes wherever there is room and has nothing but its scratch space, where nothing else is said", () => {
    expect(pod()).toMatchObject({ terminationGracePeriodSeconds: 30, volumes: [{ name: "tmp", emptyDir: {} }] });
    expect(pod().volumes).toHaveLength(1);
    for (const field of ["initContainers", "nodeSelector", "tolerations", "priorityClassName", "imagePullSecrets"])
      expect(pod()).not.toHaveProperty(field);
  });

  it("goes where the spec says", () => {
    const placement = {
      nodeSelector: { disk: "fast" },
      tolerations: [{ key: "a", operator: "Exists" }],
      priorityClassName: "high",
    };
    expect(pod({ placement, images: { pullSecrets: [{ name: "pull" }] } })).toMatchObject({
      ...placement,
      imagePullSecrets: [{ name: "pull" }],
    });
  });

  it("has the volumes and first containers that it asks for, as confined as the others", () => {
    const full = restrictedPod({
      ...{ spec: specOf(), uid: 7, containers: [{ name: "a" }], initContainers: [{ name: "first" }] },
      ...{ volumes: [{ name: "data" }], graceInSeconds: 5 },
    });
    expect(full.volumes?.map(({ name }) => name)).toEqual(["tmp", "data"]);
    expect(full.terminationGracePeriodSeconds).toBe(5);
    const [first] = full.initContainers ?? [];
    expect({ ...first, name: "a" }).toEqual(full.containers[0]);
    expect(first?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });
});
