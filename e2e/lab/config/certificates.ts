import type { ClusterPlan } from "./addresses.ts";

/** One certificate of a cluster: whom it speaks for, what it may be used as, and which machines hold it. */
export interface Certificate {
  readonly file: string;
  readonly commonName: string;
  readonly group?: string;
  /** As openssl writes them, `DNS:…` or `IP:…`; a certificate with names also serves. */
  readonly names: readonly string[];
  readonly machines: readonly string[];
}

/** Every certificate of a cluster. Each machine gets its own keys and nobody else's. */
export function certificatesOf(plan: ClusterPlan): Certificate[] {
  const controlPlane = plan.controlPlane.name;
  const everywhere = [controlPlane, ...plan.nodes.map((node) => node.name)];
  return [
    {
      file: "kube-apiserver",
      commonName: "kube-apiserver",
      names: [
        "DNS:localhost",
        "DNS:kubernetes",
        "DNS:kubernetes.default",
        "DNS:kubernetes.default.svc",
        "DNS:kubernetes.default.svc.cluster.local",
        "IP:127.0.0.1",
        `IP:${plan.kubernetesService}`,
        `IP:${plan.controlPlane.address}`,
      ],
      machines: [controlPlane],
    },
    client("kube-apiserver-kubelet", "kube-apiserver-kubelet", [controlPlane], "system:masters"),
    client("kube-controller-manager", "system:kube-controller-manager", [controlPlane]),
    client("kube-scheduler", "system:kube-scheduler", [controlPlane]),
    client("kube-proxy", "system:kube-proxy", everywhere),
    client("admin", "admin", [], "system:masters"),
    ...plan.nodes.map((node) => ({
      file: `kubelet-${node.name}`,
      commonName: `system:node:${node.name}`,
      group: "system:nodes",
      names: [`DNS:${node.name}`, `IP:${node.address}`],
      machines: [node.name],
    })),
  ];
}

function client(file: string, commonName: string, machines: readonly string[], group?: string): Certificate {
  return { file, commonName, names: [], machines, ...(group === undefined ? {} : { group }) };
}

/** The openssl configuration that a certificate is made with. */
export function renderRequest(certificate: Certificate): string {
  const group = certificate.group === undefined ? "" : `O = ${certificate.group}\n`;
  const names = certificate.names.length === 0 ? "" : `subjectAltName = ${certificate.names.join(",")}\n`;
  const usage = certificate.names.length === 0 ? "clientAuth" : "serverAuth,clientAuth";
  return `[req]
prompt = no
distinguished_name = subject
x509_extensions = extensions
[subject]
${group}CN = ${certificate.commonName}
[extensions]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = ${usage}
${names}`;
}

/** The openssl configuration of the cluster's own authority. */
export const authorityRequest = (cluster: string): string => `[req]
prompt = no
distinguished_name = subject
x509_extensions = extensions
[subject]
CN = ${cluster}
[extensions]
basicConstraints = critical,CA:true
keyUsage = critical,digitalSignature,keyCertSign,cRLSign
subjectKeyIdentifier = hash
`;
