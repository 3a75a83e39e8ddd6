import type { CloudSpec, Release } from "../../crds/cloud.ts";

/** What the agents of a pool are rendered from; another one is another revision. */
export interface HostContext {
  readonly namespace: string;
  readonly pool: string;
  readonly release: Release;
  /** The Cloud's spec: with what its images are pulled. */
  readonly cloud: CloudSpec;
  readonly datapath: "Kernel" | "UserSpace";
  /** The image reference for an image name. */
  readonly image: (name: string) => string;
}
