import type { Controller } from "../operator/controller.ts";
import { cloudController } from "./cloud/controller.ts";
import type { ImageResolver } from "./cloud/plan.ts";
import { registrationController } from "./registration/controller.ts";

/** Every controller of the operator. */
export function controllers(resolve: ImageResolver): Controller[] {
  return [cloudController(resolve), registrationController()];
}
