import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ClusterPlan } from "./config/addresses.ts";
import { authorityRequest, type Certificate, certificatesOf, renderRequest } from "./config/certificates.ts";
import { apiServerOf } from "./config/kube-proxy.ts";
import { renderKubeconfig } from "./config/kubeconfig.ts";
import { run } from "./host/command.ts";
import { ensureFile } from "./host/files.ts";

const days = "3650";

/**
 * Makes what is missing of a cluster's keys and certificates in `folder`, and gives each machine a copy of its own ones.
 * `machineFolder` tells where a machine keeps its files.
 */
export async function ensureKeys(
  plan: ClusterPlan,
  folder: string,
  machineFolder: (name: string) => string,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await Promise.all([ensureAuthority(plan.name, folder), ensureSigningKey(folder)]);
  const certificates = certificatesOf(plan);
  await Promise.all(certificates.map((certificate) => ensureCertificate(certificate, folder)));
  const machines = [plan.controlPlane.name, ...plan.nodes.map((node) => node.name)];
  await Promise.all(
    machines.map(async (machine) => {
      const files = filesOf(machine, plan.controlPlane.name, certificates);
      const target = join(machineFolder(machine), "pki");
      // Only the keys are closed: whether the machine runs, every user may see.
      await mkdir(dirname(target), { recursive: true });
      await mkdir(target, { recursive: true, mode: 0o700 });
      await Promise.all(files.map(([from, to]) => handOut(join(folder, from), join(target, to))));
    }),
  );
}

/** The kubeconfig of the cluster's administrator, whole in one file. */
export async function adminKubeconfig(plan: ClusterPlan, folder: string): Promise<string> {
  const [ca, certificate, key] = await Promise.all(
    ["ca.crt", "admin.crt", "admin.key"].map((file) => readFile(join(folder, file), "utf8")),
  );
  return renderKubeconfig({
    cluster: plan.name,
    server: apiServerOf(plan),
    authority: { pem: ca ?? "" },
    certificate: { pem: certificate ?? "" },
    key: { pem: key ?? "" },
  });
}

/** The files of a machine, as they are called in the cluster's folder and in the machine's. */
function filesOf(machine: string, controlPlane: string, certificates: readonly Certificate[]): [string, string][] {
  const shared =
    machine === controlPlane ? ["ca.crt", "ca.key", "service-account.key", "service-account.pub"] : ["ca.crt"];
  const own = certificates.filter((certificate) => certificate.machines.includes(machine)).map(({ file }) => file);
  return [...shared, ...own.flatMap((file) => [`${file}.crt`, `${file}.key`])].map((file) => [
    file,
    // A node knows its kubelet's certificate by the same name as every other node.
    file.replace(`kubelet-${machine}.`, "kubelet."),
  ]);
}

async function handOut(from: string, to: string): Promise<void> {
  await ensureFile(to, await readFile(from, "utf8"));
}

async function ensureAuthority(cluster: string, folder: string): Promise<void> {
  if (existsSync(join(folder, "ca.crt"))) return;
  await make(folder, "ca", authorityRequest(cluster), []);
}

async function ensureCertificate(certificate: Certificate, folder: string): Promise<void> {
  if (existsSync(join(folder, `${certificate.file}.crt`))) return;
  const authority = ["-CA", join(folder, "ca.crt"), "-CAkey", join(folder, "ca.key")];
  await make(folder, certificate.file, renderRequest(certificate), authority);
}

// The certificate gets its name last: one that is there has its key beside it.
async function make(folder: string, name: string, request: string, authority: readonly string[]): Promise<void> {
  const at = (ending: string) => join(folder, `${name}.${ending}`);
  await writeFile(at("cnf"), request);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", at("key")];
  const output = ["-x509", "-days", days, "-config", at("cnf"), "-out", at("draft"), ...authority];
  await run("openssl", ["req", "-new", ...key, ...output]);
  await rename(at("draft"), at("crt"));
  await rm(at("cnf"));
}

async function ensureSigningKey(folder: string): Promise<void> {
  if (existsSync(join(folder, "service-account.pub"))) return;
  const key = join(folder, "service-account.key");
  const draft = join(folder, "service-account.draft");
  await run("openssl", ["genrsa", "-out", key, "2048"]);
  await run("openssl", ["rsa", "-in", key, "-pubout", "-out", draft]);
  await rename(draft, join(folder, "service-account.pub"));
}
