import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type Release, releases } from "../../crds/cloud.ts";
import { digest } from "../../operator/digest.ts";
import { at, isLive, mapAt, type Live } from "../../operator/object.ts";
import type { Restart } from "../restarts.ts";
import { planCloud } from "../cloud/plan.ts";
import { means } from "./render.ts";
import { claim, node, snapshot } from "./world.ts";

/** Digests of what running pods come from, by workload: as `Deployment keystone-api`; of Jobs only that they are there. */
export type Running = Readonly<Record<string, unknown>>;

const samples = join(import.meta.dirname, "..", "..", "crds", "samples");

/** The samples that users start from, each as a Cloud of that release. */
function cloudsOf(release: Release): { readonly sample: string; readonly cloud: Live }[] {
  return readdirSync(samples).flatMap((sample) => {
    const document: unknown = parse(readFileSync(join(samples, sample), "utf8"));
    const metadata = { name: "demo", namespace: "openstack", uid: "u", resourceVersion: "1", generation: 1 };
    const cloud = { ...mapAt({ document }, "document"), metadata, spec: { ...mapAt(document, "spec"), release } };
    return isLive(cloud) && cloud.kind === "Cloud" ? [{ sample, cloud }] : [];
  });
}

/** Everything that makes pods under this build, by release, sample and workload. */
export function runningUnderThisBuild(): Readonly<Record<string, Running>> {
  const world = [
    claim("data-mariadb-0"),
    claim("data-rabbitmq-0"),
    node("node-1", "192.0.2.10", "2026-01-01T00:00:00Z"),
  ];
  const entries = releases.flatMap((release) =>
    cloudsOf(release).map(({ sample, cloud }) => {
      const { steps } = planCloud(cloud, snapshot(cloud, ...world), means);
      const made = steps.flatMap((step) => step.objects).flatMap((wanted) => entryOf(wanted));
      return [`${release} ${sample}`, Object.fromEntries(made)] as const;
    }),
  );
  return Object.fromEntries(entries);
}

function entryOf(wanted: { readonly kind: string; readonly metadata: { readonly name: string } }): [string, unknown][] {
  const template = at(wanted, "spec", "template");
  if (template === undefined) return [];
  const name = `${wanted.kind} ${wanted.metadata.name}`;
  if (wanted.kind === "Job") return [[name, "runs once"]];
  const { replicas: _, strategy: __, ...whole } = mapAt(wanted, "spec");
  return [[name, digest(whole)]];
}

/** The workloads of a running cloud whose pods another build would replace, or whose Jobs it would run again; those not listed. */
export function unannounced(before: Running, now: Running, announced: readonly Restart[]): string[] {
  const listed = new Set(announced.map(({ workload }) => workload));
  const known = new Set(Object.keys(before).map(whatItDoes));
  const changed = Object.keys({ ...before, ...now }).filter(
    (name) => known.has(whatItDoes(name)) && JSON.stringify(before[name]) !== JSON.stringify(now[name]),
  );
  return changed.filter((name) => !listed.has(name)).sort();
}

/** A workload's name without what a Job's says about its inputs: what is wholly new replaces nothing. */
function whatItDoes(name: string): string {
  return name.startsWith("Job ") ? name.replace(/-[^-]*$/, "") : name;
}
