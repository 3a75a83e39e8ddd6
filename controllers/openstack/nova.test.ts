import { type Nova, openNova } from "./nova.ts";
import { Recent } from "./recent.ts";
import { ScriptedApi } from "./testing/scripted-api.ts";

let server: ScriptedApi;

beforeEach(async () => void (server = await ScriptedApi.start()));
afterEach(() => server.stop());

const nova = (url?: string): Nova => openNova(server.entrance(url));
const says = (body: unknown, status = 200): void => void server.answers.push({ status, body });
const refuses = (status: number, message: string): void => says({ conflictingRequest: { message } }, status);

describe("Nova", () => {
  it("tells of nova-compute of every host, also of a cell whose database is silent", async () => {
    const common = { binary: "nova-compute", state: "up", status: "enabled", forced_down: false };
    says({
      services: [
        { ...common, id: "a", host: "one", disabled_reason: null },
        { ...common, id: "b", host: "two", status: "disabled", state: "down", disabled_reason: "kernel update" },
        { ...common, id: "c", host: "three", forced_down: true },
        { binary: "nova-compute", host: "four", status: "UNKNOWN" },
      ],
    });
    expect([...(await nova().services())]).toEqual([
      ["one", { id: "a", up: true, status: "enabled", reason: undefined }],
      ["two", { id: "b", up: false, status: "disabled", reason: "kernel update" }],
      ["three", { id: "c", up: false, status: "enabled", reason: undefined }],
      ["four", { id: "", up: false, status: "unknown", reason: undefined }],
    ]);
    expect(server.heard).toEqual(["GET /os-services?binary=nova-compute token-1"]);
    expect(server.headers["openstack-api-version"]).toBe("compute 2.69");
  });

  it("has the hypervisor of a host where one of that name is of that host", async () => {
    says({ hypervisors: [{ hypervisor_hostname: "one.example.org", service: { host: "one" } }] });
    says({ hypervisors: [{ hypervisor_hostname: "one-more", service: { host: "one-more" } }] });
    refuses(404, "No hypervisor matching 'one' could be found.");
    const api = nova();
    expect(await api.hypervisorOn("one", "one")).toBe(true);
    expect(await api.hypervisorOn("one", "one")).toBe(false);
    expect(await api.hypervisorOn("one", "one")).toBe(false);
    expect(server.heard[0]).toBe("GET /os-hypervisors/detail?hypervisor_hostname_pattern=one token-1");
  });

  it("names the servers on a host, and those that are on their way from or to it", async () => {
    says({ servers: [{ id: "a", name: "web" }, { id: "b" }] });
    const moves = ["finished", "confirmed", "running", "error"].map((status) => ({ status, instance_uuid: status }));
    says({ migrations: [...moves, ...moves] });
    const api = nova();
    expect(await api.serversOn("one")).toEqual(["web", "b"]);
    expect(await api.movesOn("one")).toEqual(["finished", "running"]);
    expect(server.heard).toEqual([
      "GET /servers?all_tenants=1&host=one token-1",
      "GET /os-migrations?host=one token-1",
    ]);
  });

  it("lets servers come to a host, keeps them away, and forgets it, also twice", async () => {
    const api = nova();
    await api.enable("a");
    await api.disable("a", "nephos: because");
    says(undefined, 204);
    await api.forget("a");
    refuses(404, "Service a not found.");
    await api.forget("a");
    expect(server.heard).toEqual([
      'PUT /os-services/a token-1 {"status":"enabled"}',
      'PUT /os-services/a token-1 {"status":"disabled","disabled_reason":"nephos: because"}',
      "DELETE /os-services/a token-1",
      "DELETE /os-services/a token-1",
    ]);
  });

  it("that refuses says in its words why", async () => {
    refuses(409, "Unable to delete compute service that is hosting instances.");
    await expect(nova().forget("a")).rejects.toMatchObject({
      name: "NovaError",
      status: 409,
      message:
        "Nova refused DELETE /os-services/a with 409: Unable to delete compute service that is hosting instances.",
    });
  });

  it("that nobody runs is named with its address", async () => {
    await expect(nova("http://127.0.0.1:9").services()).rejects.toMatchObject({
      name: "NovaError",
      status: 0,
      message: expect.stringContaining("Nova does not answer at 127.0.0.1:9"),
    });
  });
});

describe("an answer that serves for a while", () => {
  it("is asked for once, until somebody says that it has changed", async () => {
    const recent = new Recent<number>(60);
    let asked = 0;
    const ask = (): Promise<number> => Promise.resolve(++asked);
    expect([await recent.get("a", ask), await recent.get("a", ask), await recent.get("b", ask)]).toEqual([1, 1, 2]);
    recent.forget("a");
    expect(await recent.get("a", ask)).toBe(3);
  });

  it("is asked for again when it is old; a refusal serves as long as any other", async () => {
    const old = new Recent<number>(0);
    expect([await old.get("a", async () => 1), await old.get("a", async () => 2)]).toEqual([1, 2]);
    const recent = new Recent<number>(60);
    await expect(recent.get("a", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
    await expect(recent.get("a", async () => 2)).rejects.toThrow("away");
  });
});
