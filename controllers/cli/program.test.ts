import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { at, listAt, mapAt, textAt } from "../../operator/object.ts";
import { services } from "../services/index.ts";
import { furnished, manifestOf, Memory, namespace, rolledOut } from "./testing/memory.ts";

/** A Cloud and samples that belong to it. */
function wholeCloud(...samples: readonly string[]): string {
  const folder = join(import.meta.dirname, "..", "..", "crds", "samples");
  return [manifestOf(), ...samples.map((file) => readFileSync(join(folder, file), "utf8"))].join("\n---\n");
}

const commands = ["plan", "status", "doctor", "support"];

describe("the program", () => {
  it.each([[[]], [["help"]], [["--help"]]])("lists its commands when called with %j", async (args) => {
    const memory = new Memory();
    expect(await memory.run(args)).toBe(0);
    for (const command of commands) expect(memory.out).toContain(`  ${command}`);
  });

  it.each(commands)("explains %s with usage and exit codes", async (command) => {
    const memory = new Memory();
    expect(await memory.run([command, "--help"])).toBe(0);
    expect(memory.out).toContain(`Usage: kubectl nephos ${command}`);
    expect(memory.out).toContain("Exit code: 0");
    expect(memory.calls).toEqual([]);
  });

  it("tells its version", async () => {
    const memory = new Memory();
    expect([await memory.run(["version"]), memory.out]).toEqual([0, "1.2.3\n"]);
  });

  it.each([
    [["plam"], "unknown command plam; there are plan, status, doctor, support\n"],
    [["plan"], "which manifest? Say -f FILE, or -f - for standard input\n"],
    [["plan", "--fil", "x"], "Unknown option '--fil'; see --help\n"],
    [["plan", "-f"], "Option '-f, --file <value>' argument missing; see --help\n"],
    [["status", "one", "two"], "one name at most; leave it out to see all Clouds\n"],
    [["status", "-o", "xml"], "the only output besides text is json\n"],
    [["status", "-o", "json", "-w"], "--watch writes no json; leave one of them out\n"],
    [["doctor", "now"], "Unexpected argument 'now'. This command does not take positional arguments; see --help\n"],
  ])("answers %j with one sentence and exit code 2", async (args, sentence) => {
    const memory = furnished();
    expect([await memory.run(args), memory.err]).toEqual([2, sentence]);
  });

  it.each([["plan", "--diff", "-f", "cloud.yaml"], ["status"], ["doctor"], ["support"]])(
    "only reads with %s: its calls are GETs, and questions that the API server does not keep",
    async (...args) => {
      const memory = rolledOut();
      memory.files.set("cloud.yaml", manifestOf({ services: { keystone: { replicas: 2 } } }));
      const before = memory.world.store.history.version;
      await memory.run(args);
      const writing = memory.calls.filter(
        ({ method, path }) => method !== "GET" && !path.endsWith("/selfsubjectaccessreviews"),
      );
      expect(writing).toEqual([]);
      expect(memory.calls.length).toBeGreaterThan(1);
      expect(memory.world.store.history.version).toBe(before);
    },
  );
});

describe("plan without a cluster", () => {
  it("asks none, and prints every step and every object as YAML that can be read back", async () => {
    const memory = new Memory();
    memory.files.set("-", manifestOf());
    expect(await memory.run(["plan", "-f", "-"])).toBe(0);
    expect(memory.calls).toEqual([]);
    const documents = Array.from(parseAllDocuments(memory.out)).map((document): unknown => document.toJS());
    const [, count] = /: \d+ steps, (\d+) objects\./.exec(memory.out) ?? [];
    expect(documents.filter((each) => each !== null)).toHaveLength(Number(count));
    expect(Number(count)).toBeGreaterThan(20);
    expect(memory.out).toMatch(/\n# \d+\. keystone\/api, after keystone\/expand, /);
    expect(memory.out).toContain("https://<InternalIP-of-the-oldest-node>:30500/v3");
  });

  const waits = ({ out }: Memory): string[] =>
    [...out.matchAll(/\n# {4}((?:waiting|blocked).*)/g)].map(([, why = ""]) => why);

  it("says what somebody else has to bring; every other gate is open in it", async () => {
    const memory = new Memory();
    memory.files.set("-", manifestOf());
    await memory.run(["plan", "-f", "-"]);
    expect(waits(memory)).toEqual([
      "waiting for a Network of Cloud demo in this namespace, with addresses of its databases",
    ]);
  });

  it("sees the documents of a file together: the Cloud with its Network, their cell with its hosts", async () => {
    const memory = new Memory();
    memory.files.set("-", wholeCloud("network.yaml", "compute-cell.yaml", "compute-pool.yaml"));
    expect(await memory.run(["plan", "-f", "-"])).toBe(0);
    expect(waits(memory)).toEqual([expect.stringContaining("waiting for a node with the label nephos.dev/host-of=")]);
    expect(memory.out).toContain("flat_networks = physnet1");
    expect(memory.out).toContain("ovn_nb_connection = ssl:<ClusterIP of Service ovn-nb>:6641");
    const titles = [...memory.out.matchAll(/^# (\w+) \S+ in namespace openstack: \d+ steps, \d+ objects[.]$/gm)];
    expect(titles.map(([, kind]) => kind)).toEqual(["Cloud", "Network", "ComputeCell", "ComputePool"]);
    expect(memory.calls).toEqual([]);
  });

  it("looks at each namespace of a file by itself", async () => {
    const memory = new Memory();
    memory.files.set("-", wholeCloud("network.yaml").replace("namespace: openstack", "namespace: elsewhere"));
    await memory.run(["plan", "-f", "-"]);
    expect(waits(memory)).toEqual([
      expect.stringContaining("waiting for a Network of Cloud demo"),
      "waiting for Cloud demo to exist",
    ]);
  });

  it("refuses the second Cloud of a file in one namespace", async () => {
    const memory = new Memory();
    const second = manifestOf().replace('"name":"demo"', '"name":"other"');
    memory.files.set("-", `${manifestOf()}\n---\n${second}`);
    expect(await memory.run(["plan", "-f", "-"])).toBe(2);
    expect(memory.out).toContain("#    blocked, NamespaceTaken: Cloud demo is already in this namespace");
  });

  it("shows of Secrets how their values come about, in a form that no cluster takes for a value", async () => {
    const memory = new Memory();
    memory.files.set("-", manifestOf());
    await memory.run(["plan", "-f", "-"]);
    const secrets = Array.from(parseAllDocuments(memory.out))
      .map((document): unknown => document.toJS())
      .filter((each) => textAt(each, "kind") === "Secret");
    expect(secrets.length).toBeGreaterThan(8);
    expect(secrets.filter((each) => at(each, "data") !== undefined || at(each, "stringData") !== undefined)).toEqual(
      [],
    );
    expect(memory.out).toContain("password: <generated password, 32 characters>");
    expect(memory.out).toContain("mysql+pymysql://keystone:<value of Secret keystone-database/password>@mariadb:3306");
  });

  it("marks what the spec contradicts, and says so with exit code 2", async () => {
    const memory = new Memory();
    memory.files.set(
      "-",
      manifestOf({ services: { keystone: { config: { database: { connection: { value: "sqlite://" } } } } } }),
    );
    expect(await memory.run(["plan", "-f", "-"])).toBe(2);
    expect(memory.out).toContain(
      "#    blocked, ReservedOption: spec.services.keystone.config.database.connection is an option",
    );
  });

  it("refuses a namespace that is not the manifest's", async () => {
    const memory = new Memory();
    memory.files.set("-", manifestOf());
    expect(await memory.run(["plan", "-f", "-", "-n", "elsewhere"])).toBe(2);
    expect(memory.err).toBe(
      "document 1 (Cloud demo) is for namespace openstack, not elsewhere; leave out --namespace or correct the manifest\n",
    );
  });

  it("has nothing to say of a file without a document of ours", async () => {
    const memory = new Memory();
    memory.files.set("-", "apiVersion: v1\nkind: Namespace\nmetadata: {name: openstack}\n");
    expect(await memory.run(["plan", "-f", "-"])).toBe(2);
    expect(memory.err).toContain("- has no document of nephos.dev; a Cloud is one\n");
  });
});

describe("plan --diff", () => {
  const diff = async (memory: Memory, spec: object = {}): Promise<number> => {
    memory.files.set("cloud.yaml", manifestOf(spec));
    return memory.run(["plan", "--diff", "-f", "cloud.yaml"]);
  };

  it("finds nothing to do where all is as the manifest wants it", async () => {
    const memory = rolledOut();
    const code = await diff(memory);
    expect(memory.out).toMatch(/^Cloud demo in namespace openstack: \d+ unchanged\n$/);
    expect(code).toBe(0);
  });

  it("sees the other documents of the file: with a new Network comes what a Cloud gets of it", async () => {
    const memory = rolledOut();
    memory.files.set("cloud.yaml", wholeCloud("network.yaml", "compute-cell.yaml"));
    expect(await memory.run(["plan", "--diff", "-f", "cloud.yaml"])).toBe(1);
    const [cloud = "", network = "", cell = ""] = memory.out.split(/^(?=\w+ \S+ in namespace openstack)/m);
    expect(cloud).toContain("flat_networks = physnet1");
    expect(network).toContain("+ Network fabric\n");
    expect(network).toContain("+ StatefulSet ovn-nb\n");
    expect(cell).toContain("+ StatefulSet nova-cell1-conductor\n");
    expect(network).not.toContain("…");
  });

  it("takes a manifest that spells out defaults for the same", async () => {
    const memory = rolledOut();
    expect(await diff(memory, { services: { keystone: { replicas: 1 } }, region: "RegionOne" })).toBe(0);
  });

  it("shows a changed field where it stands, in the Cloud and in what follows from it", async () => {
    const memory = rolledOut();
    expect(await diff(memory, { services: { keystone: { replicas: 3 } } })).toBe(1);
    expect(memory.out).toContain("~ Cloud demo\n    spec.services.keystone.replicas: 1 → 3\n");
    expect(memory.out).toContain("  ~ Deployment keystone-api\n      spec.replicas: 1 → 3\n");
  });

  it("shows what somebody changed or deleted by hand as what the operator will put right", async () => {
    const memory = rolledOut();
    const ref = { apiVersion: "v1", kind: "Service", namespace, name: "keystone" };
    memory.world.store.edit(
      ref,
      (each) => ({ ...each, spec: { ...mapAt(each, "spec"), type: "LoadBalancer" } }),
      "hand",
    );
    memory.world.store.remove({ apiVersion: "apps/v1", kind: "Deployment", namespace, name: "memcached-server" });
    expect(await diff(memory)).toBe(1);
    expect(memory.out).toContain("  ~ Service keystone\n      spec.type: LoadBalancer → ClusterIP\n");
    expect(memory.out).toContain("  + Deployment memcached-server\n      apiVersion: apps/v1\n");
    expect(memory.out).toMatch(/: 1 to create, 1 to change, \d+ unchanged\n/);
  });

  it("names what is wanted no more", async () => {
    const memory = rolledOut();
    expect(await diff(memory, { services: { keystone: { config: { token: { expiration: { value: 7200 } } } } } })).toBe(
      1,
    );
    expect(memory.out).toMatch(
      /wanted no more, removed once all steps are done\n {2}- Secret keystone-config-[0-9a-f]{8}\n$/,
    );
  });

  it("shows of a Secret only that values are made or put together anew", async () => {
    const memory = rolledOut();
    const ref = { apiVersion: "v1", kind: "Secret", namespace, name: "keystone-admin" };
    memory.world.store.edit(ref, (each) => ({ ...each, data: {} }), "hand");
    await diff(memory);
    expect(memory.out).toContain("  ~ Secret keystone-admin\n      data.password: (none) → <made>\n");
    expect(memory.out).not.toContain("value of keystone");
  });

  it("refuses what may not change with the sentence of the API server", async () => {
    const memory = rolledOut();
    const access = { type: "Administrator", administrator: { name: "database-admin" } };
    const external = { host: "db.example.org", access };
    expect(await diff(memory, { database: { type: "External", external } })).toBe(2);
    expect(memory.err).toBe(
      "document 1 (Cloud demo): spec.database.type: a Cloud keeps its type of database, since nothing would bring the data over; delete the Cloud and make it anew with the other type, and move the data yourself\n",
    );
  });

  it("does not touch what belongs to somebody else, and says whose it is", async () => {
    const memory = furnished();
    memory.put({ apiVersion: "v1", kind: "Service", metadata: { name: "mariadb", namespace }, spec: {} });
    expect(await diff(memory)).toBe(1);
    expect(memory.out).toContain(
      "  ! Service mariadb\n      Service mariadb exists and was not made for Cloud demo; delete or rename it\n",
    );
  });

  it("says of a second Cloud where to go", async () => {
    const memory = rolledOut();
    memory.files.set("second.yaml", manifestOf().replace("demo", "second"));
    expect(await memory.run(["plan", "--diff", "-f", "second.yaml"])).toBe(2);
    expect(memory.out).toContain("! blocked, NamespaceTaken: Cloud demo is already in this namespace");
  });

  it("makes no plan from half a view: what may not be read is an error", async () => {
    const memory = rolledOut();
    memory.instead = ({ path }) =>
      path.endsWith("/secrets")
        ? {
            status: 403,
            retryAfterInSeconds: undefined,
            body: { reason: "Forbidden", message: "secrets is forbidden" },
          }
        : undefined;
    expect([await diff(memory), memory.out, memory.err]).toEqual([2, "", "error: secrets is forbidden\n"]);
  });

  it("warns of names that follow from volumes which are not there yet", async () => {
    const memory = furnished();
    expect(await diff(memory)).toBe(1);
    expect(memory.out).toContain("\n+ Cloud demo\n  A Job's name ends in a digest of the volume");
    expect(memory.out).toContain("  … waiting for cloud/record\n");
  });

  it("takes the images of the operator that is there", async () => {
    const memory = furnished();
    const env = [
      { name: "WATCH_NAMESPACES", value: namespace },
      { name: "NEPHOS_REGISTRY", value: "registry.example.org/here" },
    ];
    const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: "nephos-system", name: "nephos" };
    memory.world.store.edit(ref, (each) => ({
      ...each,
      spec: { template: { spec: { containers: [{ name: "operator", env }] } } },
    }));
    await diff(memory);
    expect(memory.out).toContain("image: registry.example.org/here/keystone:2026.1");
  });
});

describe("doctor", () => {
  it("has no complaint about a cluster where all is there, and ends with 0", async () => {
    const memory = furnished();
    const code = await memory.run(["doctor"]);
    expect(memory.out).toContain("\n0 errors, 0 warnings\n");
    expect(code).toBe(0);
  });

  it("ends with 1 where something is missing, also as JSON", async () => {
    const memory = furnished();
    expect(await memory.run(["doctor", "-n", "elsewhere", "-o", "json"])).toBe(1);
    const findings = listAt(parse(memory.out), "findings");
    expect(findings.filter((each) => textAt(each, "is") === "error").map((each) => textAt(each, "about"))).toEqual([
      "operator",
      "namespace",
    ]);
  });

  it("asks for each right that users need, and names those that they lack by what they are for", async () => {
    const memory = furnished();
    memory.instead = ({ path, body }) => {
      const asked = at(body, "spec", "resourceAttributes");
      const denied = textAt(asked, "resource") === "pods" && textAt(asked, "subresource") === "log";
      return path.endsWith("/selfsubjectaccessreviews")
        ? { status: 201, retryAfterInSeconds: undefined, body: { status: { allowed: !denied } } }
        : undefined;
    };
    expect(await memory.run(["doctor"])).toBe(0);
    expect(memory.out).toContain("you may not get pods/log\n");
  });

  it("takes a cluster that does not answer for a finding, with what to do", async () => {
    const memory = furnished();
    memory.instead = () => ({ status: 401, retryAfterInSeconds: undefined, body: { message: "Unauthorized" } });
    expect(await memory.run(["doctor"])).toBe(1);
    expect(memory.out).toContain(
      "✗ API server  Unauthorized\n              → log in again, or take another --context\n",
    );
  });
});

describe("status", () => {
  it("draws the Cloud of the context's namespace and its Registrations", async () => {
    const memory = rolledOut();
    expect(await memory.run(["status"])).toBe(0);
    expect(memory.out).toContain("✓ Cloud openstack/demo  Ready");
    expect(memory.out).toContain("? Registration openstack/keystone  Unseen");
  });

  it("draws with a Cloud what belongs to it, by name too", async () => {
    const memory = rolledOut();
    const spec = { cloud: { name: "demo" } };
    memory.put({ apiVersion: "nephos.dev/v1alpha1", kind: "Network", metadata: { name: "fabric", namespace }, spec });
    for (const args of [["status"], ["status", "demo"]]) {
      await memory.run(args);
      expect(memory.out).toContain("Cloud openstack/demo");
      expect(memory.out).toContain("? Network openstack/fabric  Unseen");
    }
  });

  it("gives all of it as JSON", async () => {
    const memory = rolledOut();
    await memory.run(["status", "demo", "-o", "json"]);
    const items = listAt(parse(memory.out), "items");
    expect(items.map((item) => `${textAt(item, "kind")} ${textAt(item, "state")}`)).toEqual([
      "Cloud Ready",
      ...services.map(() => "Registration Unseen"),
    ]);
    expect(listAt(items[0], "steps")).toHaveLength(2);
  });

  it.each([
    [["status", "other"], 1, "", "error: there is no Cloud other in namespace openstack\n"],
    [["status", "-n", "empty"], 0, "there is no Cloud in namespace empty\n", ""],
  ])("answers %j where there is none", async (args, code, out, err) => {
    const memory = rolledOut();
    expect([await memory.run(args), memory.out, memory.err]).toEqual([code, out, err]);
  });

  it("says what is missing in a cluster without our kinds", async () => {
    const memory = furnished();
    memory.instead = ({ path }) =>
      path === "/apis/nephos.dev/v1alpha1" ? { status: 404, retryAfterInSeconds: undefined, body: {} } : undefined;
    expect(await memory.run(["status"])).toBe(1);
    expect(memory.err).toContain("Nephos is not installed; kubectl nephos doctor tells what is missing\n");
  });

  it("goes on watching until it is stopped, and appends only what is new where nobody can draw", async () => {
    const memory = rolledOut();
    const stop = new AbortController();
    let rounds = 0;
    memory.instead = ({ path }) => {
      if (path.endsWith("/clouds") && ++rounds === 4) stop.abort();
      return undefined;
    };
    expect(await memory.run(["status", "--watch"], stop.signal)).toBe(0);
    expect(memory.out.split("\n").filter((line) => line.includes("Cloud demo: Ready"))).toEqual([
      "2026-02-01T12:00:00.000Z Cloud demo: Ready (AllStepsDone)",
    ]);
    expect(rounds).toBe(4);
  });
});
