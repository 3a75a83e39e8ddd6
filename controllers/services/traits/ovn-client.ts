import { clientSecret } from "../../network/fabric.ts";
import type { Trait } from "../define.ts";
import { clientFiles, trustFile } from "../tls.ts";

/** What opens OVN's databases. The files are read again with every connection (ovs:python/ovs/stream.py), so that no pod restarts for another certificate. */
export const ovnClient: Trait = () => {
  const { certificate, key } = clientFiles;
  const proof = (database: "nb" | "sb") => ({
    [`ovn_${database}_private_key`]: key,
    [`ovn_${database}_certificate`]: certificate,
    [`ovn_${database}_ca_cert`]: trustFile,
  });
  return {
    secrets: [],
    mounts: [{ secret: clientSecret, path: "/etc/tls/client" }],
    config: { ovn: { ...proof("nb"), ...proof("sb") } },
  };
};
