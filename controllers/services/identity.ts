import { releaseFacts } from "../releases/index.ts";
import type { RegistrationSpec } from "../../crds/registration.ts";
import type { SecretRecipe } from "../../operator/recipe.ts";
import type { ServiceContext, ServiceDefinition } from "./define.ts";
import { keystone } from "./keystone.ts";
import type { OsloConfig } from "./oslo.ts";
import { internalUrl, publicUrl } from "./public.ts";
import { generatedSecret, passwordIngredient, passwordOf } from "./secret.ts";
import { trustFile } from "./tls.ts";

/** The project on which services have their roles; Keystone's registration makes it. */
const project = "service";

/** The Secret with what a service proves in Keystone who it is by, and closes its remembered tokens with. */
function identitySecretOf(service: string): string {
  return `${service}-keystone`;
}

/** The generated values of a service with a user of its own in Keystone. */
export function identitySecrets({ name, user }: ServiceDefinition): SecretRecipe[] {
  if (user === undefined) return [];
  return [generatedSecret(identitySecretOf(name), { password: passwordIngredient, cache: passwordIngredient })];
}

/** The service's own user, as a Registration has it. */
export function identityUsers(
  { name, user }: ServiceDefinition,
  { release }: Pick<ServiceContext, "release">,
): RegistrationSpec["users"] {
  if (user === undefined) return [];
  const roles = [...user.roles, ...(releaseFacts[release].moreRoles[name] ?? [])];
  const assignments = roles.map((role) => ({ role, project }));
  return [{ name, passwordFrom: { name: identitySecretOf(name), key: "password" }, keep: "Always", assignments }];
}

/** The options by which a service logs in to Keystone as itself, for whatever section: they are called the same everywhere. */
export function loginOptions(service: string, context: ServiceContext): OsloConfig[string] {
  return {
    auth_type: "password",
    auth_url: internalUrl(keystone, context),
    username: service,
    password: { parts: [passwordOf(identitySecretOf(service))] },
    project_name: project,
    user_domain_name: "Default",
    project_domain_name: "Default",
    region_name: context.region,
    cafile: trustFile,
  };
}

/**
 * How a service checks the tokens that it is shown. A token that comes with a service's own counts on only if that one has the role `service`
 * (CVE-2023-2088), and is for this type of service if it is for one.
 */
export function tokenOptions({ type, user }: ServiceDefinition, context: ServiceContext): OsloConfig {
  if (user === undefined) return {};
  return {
    keystone_authtoken: {
      www_authenticate_uri: publicUrl(keystone, context) ?? internalUrl(keystone, context),
      ...(type === undefined ? {} : { service_type: type }),
      service_token_roles: "service",
      service_token_roles_required: true,
    },
  };
}

/** Of the above what is ours alone: who the service is, and what it closes its remembered tokens with. */
export function identityOptions({ name, user }: ServiceDefinition, context: ServiceContext): OsloConfig {
  if (user === undefined) return {};
  return { keystone_authtoken: { ...loginOptions(name, context), ...cacheOptions(name, context) } };
}

/** The cache answers by TLS only: a release whose middleware does not speak it remembers tokens in its own processes. */
function cacheOptions(service: string, { release }: ServiceContext): OsloConfig[string] {
  if (!releaseFacts[release].tokenCacheOverTls) return {};
  return {
    memcached_servers: "memcached:11211",
    memcache_tls_enabled: true,
    memcache_tls_cafile: trustFile,
    memcache_security_strategy: "ENCRYPT",
    memcache_secret_key: { parts: [{ secret: identitySecretOf(service), key: "cache" }] },
    memcache_pool_dead_retry: 5,
    memcache_pool_socket_timeout: 1,
  };
}
