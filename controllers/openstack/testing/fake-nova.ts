import { type ComputeService, type Nova, NovaError } from "../nova.ts";

/** What is on a host: servers by name, and of which a move is not over. */
interface Busy {
  readonly servers: ReadonlySet<string>;
  readonly moves: ReadonlySet<string>;
}

const idle: Busy = { servers: new Set(), moves: new Set() };

/** As much of Nova as ComputeNodes use, in memory: its services and hypervisors, servers on hosts, and what it refuses. */
export class FakeNova implements Nova {
  readonly #services: Map<string, ComputeService>;
  readonly #busy: Map<string, Busy>;
  #made: number;

  constructor(services: Iterable<[string, ComputeService]> = [], busy: Iterable<[string, Busy]> = [], made = 0) {
    this.#services = new Map(services);
    this.#busy = new Map(busy);
    this.#made = made;
  }

  /** The same Nova, which goes its own way from here on. */
  copy(): FakeNova {
    return new FakeNova(this.#services, this.#busy, this.#made);
  }

  services(): Promise<ReadonlyMap<string, ComputeService>> {
    return Promise.resolve(new Map(this.#services));
  }

  hypervisorOn(host: string, name: string): Promise<boolean> {
    return Promise.resolve(this.#services.has(host) && host.includes(name));
  }

  serversOn(host: string): Promise<readonly string[]> {
    return Promise.resolve([...this.#on(host).servers]);
  }

  movesOn(host: string): Promise<readonly string[]> {
    return Promise.resolve([...this.#on(host).moves]);
  }

  enable(id: string): Promise<void> {
    return this.#change(id, { status: "enabled", reason: undefined });
  }

  disable(id: string, reason: string): Promise<void> {
    if (reason.length < 1 || reason.length > 255) return refuse(400, "Invalid input for field disabled_reason");
    return this.#change(id, { status: "disabled", reason });
  }

  forget(id: string): Promise<void> {
    const host = this.#hostOf(id);
    if (host === undefined) return Promise.resolve();
    const { servers, moves } = this.#on(host);
    if (servers.size > 0) return refuse(409, "Unable to delete compute service that is hosting instances.");
    if (moves.size > 0) return refuse(409, "Unable to delete compute service that has in-progress migrations.");
    this.#services.delete(host);
    return Promise.resolve();
  }

  /** nova-compute of a host tells of itself, or does not any more; one that is new comes up disabled. */
  hears(host: string, up: boolean): void {
    const reason = "New compute service disabled due to config option.";
    const fresh = { id: `service-${this.#made + 1}`, status: "disabled", reason } as const;
    const known = this.#services.get(host);
    if (known === undefined && !up) return;
    if (known === undefined) this.#made += 1;
    this.#services.set(host, { ...(known ?? fresh), up });
  }

  /** What somebody else says of a service. */
  says(host: string, said: Partial<ComputeService>): void {
    const known = this.#services.get(host);
    if (known !== undefined) this.#services.set(host, { ...known, ...said });
  }

  /** What is on a host from now on. */
  puts(host: string, { servers = [], moves = [] }: { servers?: readonly string[]; moves?: readonly string[] }): void {
    this.#busy.set(host, { servers: new Set(servers), moves: new Set(moves) });
  }

  /** Whether there are servers on a host. */
  inhabited(host: string): boolean {
    return this.#on(host).servers.size > 0;
  }

  /** Every service there is, for comparisons. */
  entries(): ReadonlyMap<string, ComputeService> {
    return this.#services;
  }

  #on(host: string): Busy {
    return this.#busy.get(host) ?? idle;
  }

  #hostOf(id: string): string | undefined {
    return [...this.#services].find(([, service]) => service.id === id)?.[0];
  }

  #change(id: string, said: Partial<ComputeService>): Promise<void> {
    const host = this.#hostOf(id);
    if (host === undefined) return refuse(404, `Service ${id} not found.`);
    this.says(host, said);
    return Promise.resolve();
  }
}

function refuse(status: number, message: string): Promise<never> {
  return Promise.reject(new NovaError(status, `Nova refused with ${status}: ${message}`));
}
