import type { Client } from "../../client.ts";
import type { Kind, Live, Manifest, OwnerReference } from "../../object.ts";

/** A kind of a CustomResourceDefinition that the server must have: any spec, any status, a status subresource. */
export const kettle: Kind = { apiVersion: "conformance.example.dev/v1", kind: "Kettle" };

/** Fields of an object. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a row asks with. */
export interface On {
  readonly client: Client;
  readonly namespace: string;
  /** A manifest in the suite's namespace. */
  readonly of: (kind: Kind, name: string, fields?: Fields, metadata?: Fields) => Manifest;
  readonly config: (name: string, data: Fields, metadata?: Fields) => Manifest;
  readonly kettle: (name: string, spec: Fields, metadata?: Fields) => Manifest;
  /** What a watch from a version brings, up to so many events that are no bookmarks. */
  readonly heard: (kind: Kind, from: string, count: number, labelSelector?: string) => Promise<string[]>;
}

/** A row of the suite: what holds, and the questions that show it. */
export type Row = readonly [title: string, ask: (on: On) => Promise<void>];

/** Two who write. */
export const [me, other] = ["conformance", "conformance-other"];

/** A kind without a generation. */
export const configMap: Kind = { apiVersion: "v1", kind: "ConfigMap" };

/** A reference to an owner, that controls or does not. */
export const owner = (live: Live, controller: boolean): OwnerReference => {
  const { apiVersion, kind, metadata } = live;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller };
};
