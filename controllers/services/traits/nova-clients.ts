import type { ServiceContext } from "../define.ts";
import { loginOptions } from "../identity.ts";
import type { OsloConfig } from "../oslo.ts";
import { passwordOf } from "../secret.ts";
import { trustFile } from "../tls.ts";

/** The service whose user every process of Nova is, on hosts too. */
export const novaName = "nova";

/** The Secret by which Nova knows Neutron's agents when they ask for the metadata of a server. */
export const metadataSecret = "nova-metadata-proxy";

/**
 * How every process of Nova, on hosts too, calls other services: as Nova's own user, with a service's token beside that of the user it acts
 * for. Where they are the catalogue says: inside the cluster first, which is Nova's default (nova:nova/conf/utils.py, valid_interfaces).
 */
export function novaClients(context: ServiceContext): OsloConfig {
  const { region_name: region = "", ...login } = loginOptions(novaName, context) ?? {};
  return {
    service_user: { ...login, send_service_user_token: true },
    keystone: { cafile: trustFile, region_name: region },
    placement: { ...login, region_name: region },
    glance: { cafile: trustFile, region_name: region },
    neutron: {
      ...login,
      region_name: region,
      service_metadata_proxy: true,
      metadata_proxy_shared_secret: { parts: [passwordOf(metadataSecret)] },
    },
  };
}
