import type { ServiceDefinition } from "./define.ts";
import { glance } from "./glance.ts";
import { keystone } from "./keystone.ts";
import { neutron } from "./neutron.ts";
import { nova } from "./nova.ts";
import { placement } from "./placement.ts";

/** Every OpenStack service, in the order in which they come up. */
export const services: readonly ServiceDefinition[] = [keystone, placement, glance, nova, neutron];
