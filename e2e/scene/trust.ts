import { Agent, fetch, type RequestInit, type Response } from "undici";
import { textAt } from "../../operator/object.ts";
import type { Scene } from "./scene.ts";

/** Calls to a cloud's endpoints by somebody who trusts its authority and nobody else. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** The certificates of a cloud's authorities, in PEM. */
export async function authoritiesOf(at: Scene, namespace: string): Promise<string> {
  const secret = await at.client.get({ apiVersion: "v1", kind: "Secret", namespace, name: "nephos-ca-bundle" });
  return Buffer.from(textAt(secret, "data", "ca.crt") ?? "", "base64").toString("utf8");
}

/** Reads the cloud's authorities, and gives calls that trust them; every call has a connection of its own. */
export async function trusting(at: Scene, namespace: string): Promise<Fetch> {
  const ca = await authoritiesOf(at, namespace);
  const dispatcher = new Agent({ connect: { ca }, pipelining: 0 });
  return (url, init = {}) => fetch(url, { ...init, dispatcher });
}
