import { mapAt, textAt } from "../../operator/object.ts";
import { kubectlJson, type Target } from "../lab/kubectl.ts";
import type { CloudRef } from "./cloud.ts";

/** The variables by which the openstack command reaches a cloud as its administrator; rejects while it has no endpoint. */
export async function clientEnvironment(
  target: Target,
  { namespace, name }: CloudRef,
): Promise<Record<string, string>> {
  const cloud = await kubectlJson(target, ["get", "cloud", name, "-n", namespace]);
  const secret = await kubectlJson(target, ["get", "secret", "keystone-admin", "-n", namespace]);
  const password = Buffer.from(textAt(mapAt(secret, "data"), "password") ?? "", "base64").toString("utf8");
  const url = textAt(cloud, "status", "endpoints", "keystone");
  if (url === undefined) throw new Error(`Cloud ${name} has no endpoint yet: wait until it is Ready`);
  return {
    OS_AUTH_URL: url,
    OS_IDENTITY_API_VERSION: "3",
    OS_USERNAME: "admin",
    OS_PASSWORD: password,
    OS_PROJECT_NAME: "admin",
    OS_USER_DOMAIN_NAME: "Default",
    OS_PROJECT_DOMAIN_NAME: "Default",
    OS_REGION_NAME: textAt(cloud, "spec", "region") ?? "RegionOne",
  };
}

/** Shell lines that set variables; values are quoted, whatever is in them. */
export function exportLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join("");
}
