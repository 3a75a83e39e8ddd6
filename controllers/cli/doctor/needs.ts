import { cloudSpec, releases } from "../../../crds/cloud.ts";
import { at, type Live, numberAt } from "../../../operator/object.ts";
import { isWorkload } from "../../../operator/verdict.ts";
import { imaginedWith, node, planIn } from "../plan/imagined.ts";
import { planners } from "../planners.ts";
import { requestOf, type Room } from "./request.ts";

/** What the servers of a Cloud ask for: of the given one, else of the smallest. */
export function needsOf(cloud: Live | undefined, namespace: string): Room {
  const subject = cloud ?? smallest(namespace);
  const plans = planners({})
    .filter(({ kind }) => kind.kind === subject.kind)
    .map((controller) => planIn(imaginedWith([node], [{ controller, subject }], 0), { controller, subject }, 0));
  const servers = plans.flatMap(({ steps }) => steps.flatMap((step) => step.objects)).filter(isWorkload);
  const sum = (resource: keyof Room): number =>
    servers.reduce((all, server) => {
      const replicas = numberAt(server, "spec", "replicas") ?? 1;
      return all + replicas * requestOf(at(server, "spec", "template", "spec"), resource);
    }, 0);
  return { cpu: sum("cpu"), memory: sum("memory") };
}

function smallest(namespace: string): Live {
  const spec = cloudSpec.parse({ release: releases.at(-1) });
  const metadata = { name: "smallest", namespace, uid: "", resourceVersion: "" };
  return { apiVersion: "nephos.dev/v1alpha1", kind: "Cloud", metadata, spec };
}
