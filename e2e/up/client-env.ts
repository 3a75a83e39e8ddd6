import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digest } from "../../operator/digest.ts";
import { mapAt, textAt } from "../../operator/object.ts";
import { cacheDir } from "../lab/host/cache.ts";
import { kubectlJson, type Target } from "../lab/kubectl.ts";
import type { CloudRef } from "./cloud.ts";

/** The variables by which the openstack command reaches a cloud as its administrator; rejects while it has no endpoint. */
export async function clientEnvironment(
  target: Target,
  { namespace, name }: CloudRef,
): Promise<Record<string, string>> {
  const cloud = await kubectlJson(target, ["get", "cloud", name, "-n", namespace]);
  const password = await valueOf(target, namespace, "keystone-admin", "password");
  const authorities = await valueOf(target, namespace, "nephos-ca-bundle", "ca.crt");
  const url = textAt(cloud, "status", "endpoints", "keystone");
  if (url === undefined) throw new Error(`Cloud ${name} has no endpoint yet: wait until it is Ready`);
  return {
    OS_AUTH_URL: url,
    OS_CACERT: await fileOf(authorities),
    OS_IDENTITY_API_VERSION: "3",
    OS_USERNAME: "admin",
    OS_PASSWORD: password,
    OS_PROJECT_NAME: "admin",
    OS_USER_DOMAIN_NAME: "Default",
    OS_PROJECT_DOMAIN_NAME: "Default",
    OS_REGION_NAME: textAt(cloud, "spec", "region") ?? "RegionOne",
  };
}

/** The value of a key in a Secret; empty where there is none. */
export async function valueOf(target: Target, namespace: string, name: string, key: string): Promise<string> {
  const secret = await kubectlJson(target, ["get", "secret", name, "-n", namespace]);
  return Buffer.from(textAt(mapAt(secret, "data"), key) ?? "", "base64").toString("utf8");
}

/** A file with the certificates, named by what is in it: one that is there is right. */
async function fileOf(certificates: string): Promise<string> {
  const folder = join(cacheDir, "authorities");
  const file = join(folder, `${digest(certificates)}.crt`);
  if (existsSync(file)) return file;
  await mkdir(folder, { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, certificates);
  await rename(draft, file);
  return file;
}

/** Shell lines that set variables; values are quoted, whatever is in them. */
export function exportLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join("");
}
