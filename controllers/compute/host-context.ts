import type { Cell } from "../cell/plan.ts";
import type { HostWishes } from "./host-settings.ts";

/** What the agents of a pool are rendered from; another one is another revision. */
export interface HostContext {
  readonly namespace: string;
  readonly pool: string;
  /** The cell of Nova, with what is rendered in its Cloud. */
  readonly cell: Pick<Cell, "service" | "context">;
  readonly datapath: "Kernel" | "UserSpace";
  readonly wishes: HostWishes;
  /** Where hosts find the southbound database. */
  readonly remote: string;
}
