import type { Controller } from "../operator/controller.ts";
import { cellController } from "./cell/controller.ts";
import { cloudController } from "./cloud/controller.ts";
import type { ImageResolver } from "./cloud/plan.ts";
import { nodeController } from "./compute/node-controller.ts";
import { poolController } from "./compute/pool-controller.ts";
import { networkController } from "./network/controller.ts";
import { providerController } from "./network/provider-controller.ts";
import { upgradePaths } from "./releases/index.ts";
import { registrationController } from "./registration/controller.ts";
import { services } from "./services/index.ts";

/** Every controller of the operator. */
export function controllers(images: ImageResolver): Controller[] {
  const means = { services, images, paths: upgradePaths };
  return [
    cloudController(means),
    cellController(means),
    networkController(means),
    providerController(),
    poolController(means),
    nodeController(),
    registrationController(),
  ];
}
