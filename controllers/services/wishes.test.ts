import { at, listAt } from "../../operator/object.ts";
import { contextWith, specOf } from "../testing/render.ts";
import { keystone } from "./keystone.ts";
import { renderService } from "./render.ts";

/** The pods of Keystone and of its Jobs, under what is wished of Keystone and of the whole cloud. */
function podsWith(wishes: object, cloud: object = {}): { server: unknown; jobs: unknown[]; replicas: unknown } {
  const objects = renderService(
    keystone,
    contextWith({ spec: specOf({ ...cloud, services: { keystone: wishes } }) }),
  ).flatMap((step) => step.objects);
  const deployment = objects.find(({ kind }) => kind === "Deployment");
  const podOf = (object: unknown): unknown => at(object, "spec", "template", "spec");
  const jobs = objects.filter(({ kind, metadata }) => kind === "Job" && !metadata.name.startsWith("keystone-database"));
  return { server: podOf(deployment), jobs: jobs.map(podOf), replicas: at(deployment, "spec", "replicas") };
}

const resources = (pod: unknown): unknown => at(listAt(pod, "containers")[0], "resources");

describe("a service's pods", () => {
  it.each([
    ["ask for what Nephos thinks right", {}, { requests: { cpu: "100m", memory: "256Mi" } }],
    ["ask for what the user says, part by part", { requests: { cpu: 2 } }, { requests: { cpu: "2", memory: "256Mi" } }],
    [
      "ask for what the user limits them to, where only that is said",
      { limits: { memory: "128Mi" } },
      { requests: { cpu: "100m" }, limits: { memory: "128Mi" } },
    ],
    [
      "ask for one thing and are limited to another, where both are said",
      { requests: { memory: "128Mi" }, limits: { memory: "1Gi", cpu: "1.5" } },
      { requests: { memory: "128Mi" }, limits: { memory: "1Gi", cpu: "1.5" } },
    ],
  ])("%s", (_, wishes, expected) => {
    expect(resources(podsWith({ resources: wishes }).server)).toEqual(expected);
  });

  it("are as many as the user says", () => {
    expect(podsWith({ replicas: 3 }).replicas).toBe(3);
  });

  it("accept the taints that the service names in place of the cloud's", () => {
    const tolerations = [{ key: "identity", operator: "Exists" }];
    const cloud = { placement: { tolerations: [{ key: "busy", operator: "Exists" }] } };
    expect(podsWith({ placement: { tolerations } }, cloud).server).toMatchObject({ tolerations });
    expect(podsWith({ placement: { tolerations: [] } }, cloud).server).toMatchObject({ tolerations: [] });
  });

  it("run where the service says, else where the cloud says, field by field; its Jobs too", () => {
    const cloud = {
      placement: {
        nodeSelector: { disk: "fast" },
        priorityClassName: "high",
        tolerations: [{ key: "busy", operator: "Exists" }],
      },
    };
    const { server, jobs } = podsWith({ placement: { nodeSelector: { identity: "true" } } }, cloud);
    expect(jobs.length).toBeGreaterThan(0);
    for (const pod of [server, ...jobs]) {
      expect(pod).toMatchObject({
        nodeSelector: { identity: "true" },
        priorityClassName: "high",
        tolerations: [{ key: "busy", operator: "Exists" }],
      });
    }
  });

  it("run on any node where the service says so by an empty selector", () => {
    const { server } = podsWith({ placement: { nodeSelector: {} } }, { placement: { nodeSelector: { disk: "fast" } } });
    expect(at(server, "nodeSelector")).toEqual({});
  });
});
