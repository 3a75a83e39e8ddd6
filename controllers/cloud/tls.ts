import type { Snapshot, Step } from "../../operator/plan.ts";
import { expiryAnnotation, type SecretRecipe, secretRef } from "../../operator/recipe.ts";
import { done, type Verdict } from "../../operator/verdict.ts";
import type { ServiceContext } from "../services/define.ts";
import { authorityRing, certificateFor, publicSecret, trustBundle } from "../services/tls.ts";

/** The cloud's own authority, what trusts it, and the certificate of the public endpoints: the user's where there is one. */
export function tlsSteps(context: ServiceContext): Step[] {
  return [
    { name: "tls/authority", after: [], objects: [authorityRing(context)] },
    { name: "tls/trust", after: ["tls/authority"], objects: [trustBundle()] },
    publicStep(context),
  ];
}

function publicStep(context: ServiceContext): Step {
  const step = { name: "tls/public", after: ["tls/authority"] };
  const host = context.publicHost;
  if (host === undefined)
    return {
      ...step,
      objects: [],
      held: { is: "waiting", on: "a node with an InternalIP, or spec.endpoints.public.host" },
    };
  const users = context.spec.tls.publicCertificate;
  if (users === undefined) return { ...step, objects: [certificateFor(publicSecret, [host], context)] };
  const copy: SecretRecipe = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: publicSecret },
    recipe: {},
    certificate: { copyOf: users.name, host },
  };
  return { ...step, objects: [copy], verdict: (seen) => usersVerdict(seen, context, users.name) };
}

/** A certificate of ours never ends; the user's does when nobody replaces it. */
function usersVerdict(seen: Snapshot, { namespace, minute }: ServiceContext, name: string): Verdict {
  const copy = seen.get(secretRef(namespace, publicSecret));
  const end = copy?.metadata.annotations?.[expiryAnnotation];
  if (end === undefined || Date.parse(end) > minute * 60_000) return done;
  const message = `the certificate in Secret ${name} ended at ${end}; put a new one there`;
  return { is: "blocked", reason: "CertificateExpired", message };
}
