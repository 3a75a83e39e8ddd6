import type { CloudSpec } from "../../crds/cloud.ts";
import type { NetworkSpec } from "../../crds/network.ts";
import type { Issuer } from "../services/tls.ts";

/** The kind of a cloud's fabric. */
export const networkKind = { apiVersion: "nephos.dev/v1alpha1", kind: "Network" } as const;

/** What the parts of a fabric are rendered from. */
export interface Fabric extends Issuer {
  readonly namespace: string;
  readonly spec: NetworkSpec;
  /** The Cloud's spec: its placement and images count for these pods too. */
  readonly cloud: CloudSpec;
  /** The image reference for an image name. */
  readonly image: (name: string) => string;
}

/** The Secret with the certificate that clients of both databases show: northd, Neutron, hosts. Their key is `clientFiles` where it is mounted. */
export const clientSecret = "ovn-client";

/** A database of OVN, with the ports for its clients and for its own members. */
export interface Database {
  /** Of its StatefulSet and of the Service for clients. */
  readonly name: string;
  readonly schema: string;
  /** The table with one row about all of the database. */
  readonly table: string;
  readonly port: number;
  readonly memberPort: number;
}

/** What Neutron writes into. */
export const northbound: Database = {
  name: "ovn-nb",
  schema: "OVN_Northbound",
  table: "NB_Global",
  port: 6641,
  memberPort: 6643,
};

/** What northd makes of it, for the hosts. */
export const southbound: Database = {
  name: "ovn-sb",
  schema: "OVN_Southbound",
  table: "SB_Global",
  port: 6642,
  memberPort: 6644,
};

/** Where clients inside the cluster find a database. */
export function remoteOf({ name, port }: Database, namespace: string): string {
  return `ssl:${name}.${namespace}.svc:${port}`;
}

/** The volume of a database's first member. */
export function claimOf({ name }: Database): string {
  return `data-${name}-0`;
}
