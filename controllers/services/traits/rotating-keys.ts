import type { Trait } from "../define.ts";
import { generatedSecret } from "../secret.ts";

/**
 * A repository of Fernet keys as a Secret of fixed name, read-only for the service: 0 is staged, the highest is primary
 * (keystone:keystone/common/fernet_utils.py). Rotation changes it in place, so that no pod restarts.
 */
export function rotatingKeys(options: {
  readonly name: string;
  readonly section: string;
  readonly keep: number;
}): Trait {
  const { name, section, keep } = options;
  return (service) => {
    const secret = `${service}-${name}-keys`;
    const path = `/etc/${service}/${name}-keys`;
    return {
      secrets: [generatedSecret(secret, { "0": { generate: "fernetKey" }, "1": { generate: "fernetKey" } })],
      mounts: [{ secret, path }],
      config: { [section]: { key_repository: path, ...(section === "credential" ? {} : { max_active_keys: keep }) } },
    };
  };
}
