import type { Controller } from "../../operator/controller.ts";
import { cellController } from "../cell/controller.ts";
import { cloudController } from "../cloud/controller.ts";
import { poolController } from "../compute/pool-controller.ts";
import { imageDefaults, imageResolver } from "../images.ts";
import { networkController } from "../network/controller.ts";
import { upgradePaths } from "../releases/index.ts";
import { services } from "../services/index.ts";

/**
 * The controllers whose plans follow from Kubernetes alone, with the images of an operator that has these variables. Not all of
 * them (`controllers/index.ts`): those with a world of their own draw in what speaks with it, and cannot be planned without.
 */
export function planners(env: NodeJS.ProcessEnv): Controller[] {
  const images = imageResolver(imageDefaults(env));
  const means = { services, images, paths: upgradePaths };
  return [cloudController(means), cellController(means), networkController(means), poolController(means)];
}
