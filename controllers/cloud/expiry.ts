import type { Condition } from "../../operator/conditions.ts";
import { expiriesOf } from "../../operator/expiry.ts";
import type { Live } from "../../operator/object.ts";
import type { Snapshot } from "../../operator/plan.ts";
import { timestampOf } from "../../operator/recipe.ts";

/** Ours are replaced two months before they end: what is left this short is somebody else's, or was not replaced. */
const noticeInDays = 21;

/** Whether any certificate of the cloud has ended or ends soon; says the same for as long as all is well. */
export function certificatesValid(cloud: Live, seen: Snapshot, observedGeneration: number): Condition {
  const [first] = [...expiriesOf(seen, cloud)].sort((a, b) => a.minute - b.minute);
  const left = first === undefined ? Infinity : first.minute - seen.minute;
  if (first === undefined || left > noticeInDays * 1440) {
    const message = `no certificate ends within ${noticeInDays} days`;
    return { type: "CertificatesValid", status: "True", reason: "NoneEndsSoon", message, observedGeneration };
  }
  const [reason, ends] = left > 0 ? ["CertificateEndsSoon", "ends"] : ["CertificateEnded", "ended"];
  const message = `the certificate in Secret ${first.name} ${ends} at ${timestampOf(first.minute)}; replace it where it comes from`;
  return { type: "CertificatesValid", status: "False", reason, message, observedGeneration };
}
