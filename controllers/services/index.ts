import type { ServiceDefinition } from "./define.ts";
import { keystone } from "./keystone.ts";

/** Every OpenStack service, in the order in which they come up. */
export const services: readonly ServiceDefinition[] = [keystone];
