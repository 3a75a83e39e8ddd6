import { planCluster } from "./addresses.ts";
import { certificatesOf, renderRequest } from "./certificates.ts";

const certificates = certificatesOf(planCluster("test", 1, 2));
const named = (file: string) => certificates.filter((certificate) => certificate.file === file);

function heldBy(machine: string): string[] {
  return certificates.filter(({ machines }) => machines.includes(machine)).map(({ file }) => file);
}

it("gives each machine its own keys and nobody else's", () => {
  expect(heldBy("node1")).toEqual(["kube-proxy", "kubelet-node1"]);
  expect(heldBy("node2")).toEqual(["kube-proxy", "kubelet-node2"]);
  expect(heldBy("control-plane")).not.toContain("admin");
});

it("makes a kubelet known as its node, to clients and to the API server", () => {
  expect(named("kubelet-node2").map(renderRequest)).toEqual([
    `[req]
prompt = no
distinguished_name = subject
x509_extensions = extensions
[subject]
O = system:nodes
CN = system:node:node2
[extensions]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = DNS:node2,IP:10.101.0.12
`,
  ]);
});

it("names every address that the API server is reached by", () => {
  const [request] = named("kube-apiserver").map(renderRequest);
  expect(request).toContain("IP:127.0.0.1,IP:10.101.64.1,IP:10.101.0.2");
});

it("lets a client's certificate be nothing but a client's", () => {
  const [request] = named("admin").map(renderRequest);
  expect(request).toContain("extendedKeyUsage = clientAuth\n");
  expect(request).not.toContain("subjectAltName");
});
