import { type Neutron, openNeutron } from "./neutron.ts";
import { ScriptedApi } from "./testing/scripted-api.ts";

let server: ScriptedApi;

beforeEach(async () => void (server = await ScriptedApi.start()));
afterEach(() => server.stop());

const neutron = (url?: string): Neutron => openNeutron(server.entrance(url));

describe("calls to Neutron", () => {
  it("carry a token of Keystone, which serves for several", async () => {
    const api = neutron();
    server.answers = [
      { status: 200, body: { networks: [{ id: "a" }] } },
      { status: 201, body: { network: { id: "b" } } },
      { status: 200, body: {} },
      { status: 204, body: undefined },
    ];
    expect(await api.list("networks", { name: "public" })).toEqual([{ id: "a" }]);
    expect(await api.create("networks", "network", { name: "public" })).toEqual({ id: "b" });
    await api.update("networks/b", "network", { shared: true });
    await api.remove("networks/b");
    expect(server.heard).toEqual([
      "GET /v2.0/networks?name=public token-1",
      'POST /v2.0/networks token-1 {"network":{"name":"public"}}',
      'PUT /v2.0/networks/b token-1 {"network":{"shared":true}}',
      "DELETE /v2.0/networks/b token-1",
    ]);
  });

  it("log in anew where the token is refused, once", async () => {
    server.answers = [{ status: 401, body: {} }];
    const api = neutron();
    expect(await api.list("networks")).toEqual([]);
    expect(server.heard).toEqual(["GET /v2.0/networks token-1", "GET /v2.0/networks token-2"]);
    server.answers = [
      { status: 401, body: {} },
      { status: 401, body: {} },
    ];
    await expect(api.list("networks")).rejects.toMatchObject({ name: "NeutronError", status: 401 });
  });

  it("that are refused say in Neutron's words why", async () => {
    server.answers = [{ status: 409, body: { NeutronError: { type: "NetworkInUse", message: "There are ports" } } }];
    await expect(neutron().remove("networks/b")).rejects.toMatchObject({
      status: 409,
      message: "Neutron refused DELETE /networks/b with 409: There are ports",
    });
  });

  it("that nobody answers say where nobody did", async () => {
    await expect(neutron("http://127.0.0.1:9").list("networks")).rejects.toMatchObject({
      name: "NeutronError",
      status: 0,
      message: expect.stringContaining("Neutron does not answer at 127.0.0.1:9"),
    });
  });
});
