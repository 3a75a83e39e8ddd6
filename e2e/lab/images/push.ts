import type { RunOptions } from "../host/command.ts";
import type { Image } from "../images.ts";
import { pushArchive } from "./buildah.ts";

/** The reference of one of our images in another registry: same name and tag. */
export function referenceIn(registry: string, image: Pick<Image, "ref">): string {
  return `${registry.replace(/\/$/, "")}/${image.ref.split("/").at(-1) ?? ""}`;
}

/** Brings an image to a registry and gives its reference there. */
export async function pushImage(image: Image, registry: string, log?: RunOptions["log"]): Promise<string> {
  const reference = referenceIn(registry, image);
  await pushArchive(image.archive, reference, log);
  return reference;
}
