import { at, listAt, mapAt, textAt } from "../../operator/object.ts";
import { ApiRefusal } from "./api-wire.ts";
import { type Entrance, serviceCalls } from "./service-calls.ts";

/** Nova refused or did not answer; status 0 where there was no answer at all, or Keystone gave no token. */
export class NovaError extends ApiRefusal {
  override readonly name = "NovaError";
}

/** nova-compute of a host, as Nova has it. */
export interface ComputeService {
  readonly id: string;
  /** Whether Nova heard of it in the last minute. */
  readonly up: boolean;
  /** Whether servers may come to it; unknown while the database of its cell does not answer. */
  readonly status: "enabled" | "disabled" | "unknown";
  /** What whoever disabled it said. */
  readonly reason: string | undefined;
}

/** What we use of Nova's v2.1 API; every answer but a success is a NovaError. */
export interface Nova {
  /** nova-compute of every host that has told Nova of itself, by host. */
  services(): Promise<ReadonlyMap<string, ComputeService>>;
  /** Whether the hypervisor of a host is one that servers can be sent to; `name` is what the host calls itself. */
  hypervisorOn(host: string, name: string): Promise<boolean>;
  /** Names of the servers on a host, of all projects. */
  serversOn(host: string): Promise<readonly string[]>;
  /** Servers, by id, of which a move from or to the host has not come to its end. */
  movesOn(host: string): Promise<readonly string[]>;
  enable(id: string): Promise<void>;
  disable(id: string, reason: string): Promise<void>;
  /** Takes a service out of Nova, with its hypervisor and what Placement has of that (nova:nova/api/openstack/compute/services.py, delete). */
  forget(id: string): Promise<void>;
}

// The first version that names hosts of a cell which does not answer, instead of leaving them out (2.69); ids are UUIDs since 2.53.
const version = "2.69";

/** A move in one of these is over (nova:nova/db/main/api.py, migration_get_in_progress_by_host_and_node). */
const over = ["confirmed", "reverted", "error", "failed", "completed", "cancelled", "done"];

/** Nova at its URL with /v2.1. */
export function openNova(entrance: Entrance): Nova {
  const call = serviceCalls(entrance, {
    name: "Nova",
    headers: { "openstack-api-version": `compute ${version}` },
    refusal: (status, message) => new NovaError(status, message),
    // One member, named by what sort of refusal it is.
    sentence: (body) => Object.values(mapAt({ body }, "body")).flatMap((each) => textAt(each, "message") ?? [])[0],
  });
  const asked = async (path: string, query: Readonly<Record<string, string>>): Promise<unknown> =>
    call("GET", `${path}?${new URLSearchParams(query).toString()}`);
  const change = (id: string, body: Readonly<Record<string, string>>): Promise<void> =>
    call("PUT", `/os-services/${id}`, body).then(() => undefined);
  return {
    services: async () => {
      const answer = await asked("/os-services", { binary: "nova-compute" });
      return new Map(listAt(answer, "services").map((each) => [textAt(each, "host") ?? "", serviceOf(each)]));
    },
    hypervisorOn: async (host, name) => {
      const answer = await asked("/os-hypervisors/detail", { hypervisor_hostname_pattern: name }).catch(none);
      return listAt(answer, "hypervisors").some((each) => textAt(each, "service", "host") === host);
    },
    serversOn: async (host) => {
      const answer = await asked("/servers", { all_tenants: "1", host });
      return listAt(answer, "servers").map((each) => textAt(each, "name") ?? textAt(each, "id") ?? "");
    },
    movesOn: async (host) => {
      const answer = await asked("/os-migrations", { host });
      const moves = listAt(answer, "migrations").filter((each) => !over.includes(textAt(each, "status") ?? ""));
      return [...new Set(moves.map((each) => textAt(each, "instance_uuid") ?? ""))];
    },
    enable: (id) => change(id, { status: "enabled" }),
    disable: (id, reason) => change(id, { status: "disabled", disabled_reason: reason }),
    forget: (id) => call("DELETE", `/os-services/${id}`).then(() => undefined, none),
  };
}

function serviceOf(entry: unknown): ComputeService {
  const status = textAt(entry, "status");
  return {
    id: textAt(entry, "id") ?? "",
    up: textAt(entry, "state") === "up" && at(entry, "forced_down") !== true,
    status: status === "enabled" || status === "disabled" ? status : "unknown",
    reason: textAt(entry, "disabled_reason"),
  };
}

/** Nova has no hypervisor like that, or no such service any more: so it says, with 404. */
function none(error: unknown): undefined {
  if (error instanceof NovaError && error.status === 404) return undefined;
  throw error;
}
