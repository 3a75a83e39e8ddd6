import type { RegistrationSpec } from "../../crds/registration.ts";
import type { Manifest } from "../../operator/object.ts";
import type { Step } from "../../operator/plan.ts";
import type { ServiceContext, ServiceDefinition } from "./define.ts";
import { identityUsers } from "./identity.ts";
import { keystone, operatorUser } from "./keystone.ts";
import { internalUrl, publicPort, publicUrl } from "./public.ts";
import { trustSecret } from "./tls.ts";

/**
 * What a service needs in Keystone, as an object of its own; waits for the public host where none is known yet. A service without a
 * public port has no public endpoint.
 */
export function registrationOf(service: ServiceDefinition, context: ServiceContext): Pick<Step, "objects" | "held"> {
  const { type } = service;
  if (type === undefined) return { objects: [] };
  const url = publicUrl(service, context);
  if (url === undefined && publicPort(service.name, context) !== undefined)
    return { objects: [], held: { is: "waiting", on: "a node with an InternalIP, or spec.endpoints.public.host" } };
  const needs = service.registration?.(context) ?? { projects: [], roles: [], users: [] };
  const spec: RegistrationSpec = {
    keystone: {
      // The Service's name, never the catalogue.
      url: internalUrl(keystone, context),
      userName: operatorUser.name,
      passwordFrom: { name: operatorUser.secret, key: "password" },
      caFrom: { name: trustSecret, key: "ca.crt" },
    },
    region: context.region,
    service: { name: service.name, type, description: service.description },
    endpoints: [
      ...(url === undefined ? [] : [{ interface: "public" as const, url }]),
      { interface: "internal", url: internalUrl(service, context) },
    ],
    ...needs,
    users: [...needs.users, ...identityUsers(service, context)],
  };
  const metadata = { name: service.name };
  const object: Manifest & { spec: RegistrationSpec } = {
    apiVersion: "nephos.dev/v1alpha1",
    kind: "Registration",
    metadata,
    spec,
  };
  return { objects: [object] };
}
