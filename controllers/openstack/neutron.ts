import { textAt } from "../../operator/object.ts";
import { ApiRefusal, type Collections, collectionsOver } from "./api-wire.ts";
import { type Entrance, serviceCalls } from "./service-calls.ts";

/** Neutron refused or did not answer; status 0 where there was no answer at all, or Keystone gave no token. */
export class NeutronError extends ApiRefusal {
  override readonly name = "NeutronError";
}

/** What we use of Neutron's v2.0 API; every answer but a success is a NeutronError. */
export type Neutron = Collections;

/** Neutron at its URL without version. */
export function openNeutron(entrance: Entrance): Neutron {
  const call = serviceCalls(
    { ...entrance, url: `${entrance.url}/v2.0` },
    {
      name: "Neutron",
      refusal: (status, message) => new NeutronError(status, message),
      sentence: (body) => textAt(body, "NeutronError", "message"),
    },
  );
  return collectionsOver(call, "PUT");
}
