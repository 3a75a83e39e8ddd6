import { type Edge, neededSecret } from "../../operator/controller.ts";
import { keystone, operatorUser } from "../services/keystone.ts";
import { internalUrl } from "../services/public.ts";
import { trustSecret } from "../services/tls.ts";
import type { Credentials } from "./keystone.ts";

/** How we come to a Cloud's services: as Nephos's own user, over the names of Services, never through the catalogue. */
export async function operatorCredentials(namespace: string, edge: Edge): Promise<Credentials> {
  const [password, ca] = [
    await neededSecret(edge, { secret: operatorUser.secret, key: "password" }),
    await neededSecret(edge, { secret: trustSecret, key: "ca.crt" }),
  ];
  return {
    url: internalUrl(keystone, { namespace }),
    userName: operatorUser.name,
    password,
    projectName: "admin",
    ca,
  };
}
