import type { KindDefinition } from "../operator/schema.ts";
import { cloud } from "./cloud.ts";
import { computeCell } from "./compute-cell.ts";
import { computeNode } from "./compute-node.ts";
import { computePool } from "./compute-pool.ts";
import { network } from "./network.ts";
import { providerNetwork } from "./provider-network.ts";
import { registration } from "./registration.ts";

/** Every kind of the group nephos.dev. */
export const kinds: readonly KindDefinition[] = [
  cloud,
  network,
  providerNetwork,
  computeCell,
  computePool,
  computeNode,
  registration,
];
