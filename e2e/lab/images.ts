import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundle } from "../../images/operator/bundle.ts";
import { cached, digestOf, sourcesOf } from "./host/cache.ts";
import type { RunOptions } from "./host/command.ts";
import { locked } from "./host/lock.ts";
import { packageIndexes } from "./host/uv.ts";
import { ensureBase, planBase } from "./images/base.ts";
import { build, discardStages, ensureStored, exportImage } from "./images/buildah.ts";
import { pruneBefore } from "./images/prune.ts";
import { withFolder } from "./images/scratch.ts";

/** An image of ours as a node imports it. */
export interface Image {
  /** What the rest of the lab calls it: `keystone:2026.1`, `infra`, `operator`. */
  readonly name: string;
  /** What pods call it: carries a digest of everything it is made from, so that it never changes. */
  readonly ref: string;
  /** The OCI archive that holds it under `ref`. */
  readonly archive: string;
}

type Log = RunOptions["log"];

interface Recipe {
  readonly repository: string;
  readonly tag: string;
  readonly containerfile: string;
  readonly context: string;
  /** Files of the context that end up in the image. */
  readonly sources: readonly string[];
  readonly args: Readonly<Record<string, string>>;
  /** Whether its other stages serve its next build as well; where not, they go with an old archive. */
  readonly stagesServeAgain?: boolean;
  /** The image that it is built on, where that is another than the base of all. */
  readonly on?: Image;
  /** What the build is told but the result does not depend on. */
  readonly environment?: () => Promise<Readonly<Record<string, string>>>;
}

const images = join(import.meta.dirname, "..", "..", "images");

/** Builds the named projects of a release into one image, which all of them share. */
export async function openstackImage(release: string, projects: readonly string[], log?: Log): Promise<Image[]> {
  const [only, ...others] = projects;
  const made = await make(
    {
      repository: only !== undefined && others.length === 0 ? only : "openstack",
      tag: release,
      containerfile: join(images, "openstack", "Containerfile"),
      context: images,
      sources: ["uv", "build", ...projects.map((name) => `${release}/${name}`)].map((name) => `locks/${name}.txt`),
      args: { RELEASE: release, PROJECT: projects.join(",") },
      environment: () => packageIndexes(log),
    },
    log,
  );
  return projects.map((project) => ({ name: `${project}:${release}`, ...made }));
}

/** Builds the image of the programs that OpenStack stands on. */
export function infraImage(log?: Log): Promise<Image> {
  return debianImage("infra", log);
}

/** Builds the image of Open vSwitch and OVN. */
export function ovnImage(log?: Log): Promise<Image> {
  return debianImage("ovn", log);
}

/** Builds what runs on a compute host, on an image of the release with these projects, Nova and Neutron among them. */
export async function hypervisorImage(release: string, projects: readonly string[], log?: Log): Promise<Image> {
  const [on] = await openstackImage(release, projects, log);
  if (on === undefined) throw new Error("a hypervisor's image is built on one of OpenStack projects");
  const folder = join(images, "hypervisor");
  const containerfile = join(folder, "Containerfile");
  const recipe = { repository: "hypervisor", tag: release, containerfile, context: folder, sources: [], args: {} };
  return { name: `hypervisor:${release}`, ...(await make({ ...recipe, on }, log)) };
}

/** Builds an image that needs nothing but Debian's packages. */
async function debianImage(name: string, log: Log): Promise<Image> {
  const folder = join(images, name);
  const containerfile = join(folder, "Containerfile");
  const recipe = { repository: name, tag: "trixie", containerfile, context: folder, sources: [], args: {} };
  return { name, ...(await make(recipe, log)) };
}

/** Bundles the operator and builds its image. */
export function operatorImage(log?: Log): Promise<Image> {
  return withFolder(async (context) => {
    await bundle(context);
    const containerfile = join(images, "operator", "Containerfile");
    const sources = ["nephos.mjs", "node"];
    const recipe = { repository: "operator", tag: "dev", containerfile, context, sources, args: {} };
    return { name: "operator", ...(await make({ ...recipe, stagesServeAgain: true }, log)) };
  });
}

/** One build at a time: two would make the same layers twice, and the machine's cores are few. */
async function make(recipe: Recipe, log: Log): Promise<{ readonly ref: string; readonly archive: string }> {
  const { repository, tag, containerfile, context, sources, on } = recipe;
  const args = on === undefined ? recipe.args : { ...recipe.args, OPENSTACK: on.ref };
  const base = await planBase();
  const instructions = await readFile(containerfile, "utf8");
  const key = [base.digest, instructions, JSON.stringify(args), ...(await sourcesOf(context, sources))];
  const ref = `localhost/nephos/${repository}:${tag}-${digestOf(key)}`;
  const name = `images/${repository}-${tag}`;
  const folder = await locked("images", log ?? (() => undefined), () =>
    cached(name, key, async (draft) => {
      log?.(`building ${ref}`);
      await ensureBase(base, log);
      if (on !== undefined) await ensureStored(on.ref, on.archive, log);
      const environment = (await recipe.environment?.()) ?? {};
      await build({ ref, containerfile, context, args: { BASE: base.ref, ...args, ...environment } }, log);
      await exportImage(ref, join(draft, "image.tar"), log);
      await writeFile(join(draft, "ref"), ref);
      const dropped = await pruneBefore(name);
      if (dropped > 0 && recipe.stagesServeAgain !== true) await discardStages();
    }),
  );
  return { ref, archive: join(folder, "image.tar") };
}
