import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { listAt, textAt } from "../../operator/object.ts";
import type { Access } from "../../operator/transport.ts";

/** Access by the first cluster and user of a kubeconfig of ours, which has its certificates inline. */
export function accessFrom(kubeconfig: string): Access {
  const config: unknown = parse(readFileSync(kubeconfig, "utf8"));
  const [cluster] = listAt(config, "clusters");
  const [user] = listAt(config, "users");
  return {
    server: textAt(cluster, "cluster", "server") ?? "",
    ca: decoded(textAt(cluster, "cluster", "certificate-authority-data")),
    certificate: {
      cert: decoded(textAt(user, "user", "client-certificate-data")),
      key: decoded(textAt(user, "user", "client-key-data")),
    },
  };
}

function decoded(base64: string | undefined): string {
  return Buffer.from(base64 ?? "", "base64").toString("utf8");
}
