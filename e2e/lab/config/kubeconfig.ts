import { stringify } from "yaml";

/** Where a client finds the API server and what it shows: files it can read, or the contents themselves. */
export interface Access {
  readonly cluster: string;
  readonly server: string;
  readonly authority: { readonly file: string } | { readonly pem: string };
  readonly certificate: { readonly file: string } | { readonly pem: string };
  readonly key: { readonly file: string } | { readonly pem: string };
}

/** A kubeconfig with one cluster, one user and one context. */
export function renderKubeconfig(access: Access): string {
  const { cluster: name } = access;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: access.server, ...entry("certificate-authority", access.authority) } }],
    users: [{ name, user: { ...entry("client-certificate", access.certificate), ...entry("client-key", access.key) } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}

function entry(name: string, value: Access["key"]): Record<string, string> {
  return "file" in value ? { [name]: value.file } : { [`${name}-data`]: Buffer.from(value.pem).toString("base64") };
}
