import { ringAt } from "../../../operator/recipe.ts";
import type { Trait } from "../define.ts";
import { generatedSecret } from "../secret.ts";

/** Keys move on at this minute of their days, in UTC: the small hours of half of the world. */
const minuteOfDay = 180;
const minutesInDay = 1440;

/**
 * A repository of Fernet keys as a Secret of fixed name, read-only for the service: 0 is staged, the highest is primary
 * (keystone:keystone/common/fernet_utils.py, rotate_keys). Rotation changes it in place, so that no pod restarts. A key is staged for a whole turn
 * before it closes anything, so every pod has it by then; it opens things for `keep` - 2 turns after, which has to be longer than what it
 * closed is valid. Without `everyDays` the keys stay: what they closed does not expire.
 */
export function rotatingKeys(options: {
  readonly name: string;
  readonly section: string;
  readonly keep: number;
  readonly everyDays?: number;
}): Trait {
  const { name, section, keep, everyDays } = options;
  return (service, minute) => {
    const secret = `${service}-${name}-keys`;
    const path = `/etc/${service}/${name}-keys`;
    const first = generatedSecret(secret, { "0": { generate: "fernetKey" }, "1": { generate: "fernetKey" } });
    const ring = { ...first, keyRing: { keep } };
    const turn = Math.floor((minute - minuteOfDay) / (minutesInDay * (everyDays ?? 1)));
    return {
      secrets: [everyDays === undefined ? first : ringAt(ring, turn)],
      mounts: [{ secret, path }],
      config: { [section]: { key_repository: path, ...(section === "credential" ? {} : { max_active_keys: keep }) } },
    };
  };
}
