import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { isRecord, listAt, mapAt, textAt } from "../operator/object.ts";
import { imageResolver } from "../controllers/images.ts";
import { applyCloud, cloud, getCloud, inCloud, ready as cloudReady } from "./scene/cloud.ts";
import { conditionStatus, eventually, scene, type Scene } from "./scene/scene.ts";
import { authoritiesOf } from "./scene/trust.ts";
import { certificateShown, plainAnswer, type Place } from "./scene/wire.ts";

const provider = join(import.meta.dirname, "..", "crds", "samples", "provider-network.yaml");
const client = "ovn-asking";

let at: Scene;

beforeAll(async () => {
  at = await scene();
  await at.install(cloud.namespace);
  await applyCloud(at);
  await ready(180);
  await cloudReady(at, 300);
  await at.kubectl(["apply", "-f", "-"], stringify(askingPod()));
  await at.kubectl(["wait", "--for=condition=Ready", `pod/${client}`, ...inCloud, "--timeout=60s"]);
});

afterAll(async () => {
  await at.kubectl(["delete", "pod", client, ...inCloud, "--ignore-not-found", "--grace-period=1"]);
  await at.transport.close();
});

async function ready(inSeconds: number): Promise<void> {
  await eventually(
    "the fabric to be ready",
    inSeconds,
    () => at.json(["get", "network", "fabric", ...inCloud]),
    (live) =>
      conditionStatus(live, "Ready") === "True" &&
      mapAt(live, "status")["observedGeneration"] === mapAt(live, "metadata")["generation"],
  );
}

/** A pod as Neutron's will be: it has the client's certificate and what the Cloud trusts, and a server's certificate besides. */
function askingPod(): object {
  const images: unknown = JSON.parse(readFileSync(process.env["NEPHOS_TEST_IMAGES"] ?? "", "utf8"));
  const references = Object.fromEntries(
    Object.entries(isRecord(images) ? images : {}).map(([name, ref]) => [name, String(ref)]),
  );
  const secrets = { client: "ovn-client", ca: "nephos-ca-bundle", other: "rabbitmq-tls" };
  const mounts = Object.entries(secrets).map(([name]) => ({ name, mountPath: `/tls/${name}`, readOnly: true }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: client, namespace: cloud.namespace },
    spec: {
      automountServiceAccountToken: false,
      securityContext: {
        ...{ runAsNonRoot: true, runAsUser: 42404, runAsGroup: 42404, fsGroup: 42404 },
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: "asking",
          image: imageResolver({ registry: "localhost/nephos", references })("ovn", undefined),
          imagePullPolicy: "IfNotPresent",
          command: ["sleep", "3600"],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          volumeMounts: mounts,
        },
      ],
      volumes: Object.entries(secrets).map(([name, secretName]) => ({
        name,
        secret: { secretName, defaultMode: 0o440 },
      })),
    },
  };
}

/** Runs a program of OVN in the pod, over TLS with the certificate in a folder, against a database by the name of its Service. */
function ovn(program: string, port: number, args: readonly string[], identity = "client"): Promise<string> {
  const service = port === 6641 ? "ovn-nb" : "ovn-sb";
  const tls = ["-p", `/tls/${identity}/tls.key`, "-c", `/tls/${identity}/tls.crt`, "-C", "/tls/ca/ca.crt"];
  const db = `--db=ssl:${service}.${cloud.namespace}.svc.cluster.local:${port}`;
  return at.kubectl(["exec", client, ...inCloud, "--", program, "--timeout=15", ...tls, db, ...args]);
}

async function placeOf(pod: string, port: number): Promise<Place> {
  const live = await at.json(["get", "pod", pod, ...inCloud]);
  return { host: textAt(live, "status", "podIP") ?? "", port };
}

test("what is written into the northbound database comes out of the southbound one, since northd is active", async () => {
  await ovn("ovn-nbctl", 6641, ["--may-exist", "ls-add", "asked"]);
  await ovn("ovn-nbctl", 6641, ["--wait=sb", "sync"]);
  expect(await ovn("ovn-sbctl", 6642, ["--bare", "--columns=external_ids", "list", "Datapath_Binding"])).toContain(
    "name=asked",
  );
});

test("who does not speak TLS is refused, and who shows no certificate for clients", async () => {
  const request = '{"method":"list_dbs","params":[],"id":1}';
  for (const [pod, port] of [["ovn-nb-0", 6641] as const, ["ovn-sb-0", 6642] as const]) {
    expect(await plainAnswer(await placeOf(pod, port), request)).not.toContain("OVN_");
    expect(await plainAnswer(await placeOf(pod, port + 2), request)).not.toContain("OVN_");
  }
  await expect(ovn("ovn-nbctl", 6641, ["show"], "other")).rejects.toThrow("exited with");
});

test("each database shows a certificate of the cloud's authority for the name that it is asked under", async () => {
  const ca = await authoritiesOf(at, cloud.namespace);
  const shown = [
    await certificateShown(await placeOf("ovn-nb-0", 6641), ca, "ovn-nb.openstack.svc"),
    await certificateShown(await placeOf("ovn-sb-0", 6642), ca, "ovn-sb"),
  ];
  expect(new Set(shown).size).toBe(2);
});

test("a database that is restarted has its data, and northd goes on by itself", async () => {
  const uid = async (): Promise<string | undefined> =>
    textAt(await at.json(["get", "pod", "ovn-nb-0", ...inCloud]), "metadata", "uid");
  const before = await uid();
  await at.kubectl(["delete", "pod", "ovn-nb-0", "ovn-sb-0", ...inCloud, "--wait=false"]);
  await eventually("another pod", 60, uid, (now) => now !== undefined && now !== before);
  const show = (): Promise<string> => ovn("ovn-nbctl", 6641, ["show"]);
  await eventually("the database to answer again", 120, show, (said) => said.includes("(asked)"));
  await ready(120);
  await ovn("ovn-nbctl", 6641, ["ls-del", "asked"]);
  await eventually(
    "the datapath to go from the southbound database",
    30,
    () => ovn("ovn-sbctl", 6642, ["--bare", "--columns=external_ids", "list", "Datapath_Binding"]),
    (said) => !said.includes("name=asked"),
  );
});

test("a certificate that is made anew is shown without a restart", async () => {
  const ca = await authoritiesOf(at, cloud.namespace);
  const pods = async (): Promise<(string | undefined)[]> =>
    listAt(await at.json(["get", "pods", ...inCloud, "-l", "app.kubernetes.io/name=ovn-nb"]), "items").map((pod) =>
      textAt(pod, "metadata", "uid"),
    );
  const place = await placeOf("ovn-nb-0", 6641);
  const [before, running] = [await certificateShown(place, ca, "ovn-nb"), await pods()];
  await at.kubectl(["delete", "secret", "ovn-nb-tls", "ovn-client", ...inCloud]);
  // The kubelet brings a changed Secret into a running pod within a minute or two.
  await eventually(
    "another certificate",
    180,
    () => certificateShown(place, ca, "ovn-nb"),
    (now) => now !== before,
  );
  expect(await pods()).toEqual(running);
  await ready(60);
  await ovn("ovn-nbctl", 6641, ["--wait=sb", "sync"]);
});

test("what a user makes in Neutron is in OVN, and goes from there when it is deleted", async () => {
  const network = await at.openstack(cloud, ["network", "create", "inner"]);
  const id = textAt(network, "id") ?? "";
  expect(mapAt(network)["mtu"]).toBe(1442);
  await at.openstack(cloud, ["subnet", "create", "--network", "inner", "--subnet-range", "10.7.0.0/24", "inner"]);
  await at.openstack(cloud, ["router", "create", "way"]);
  await at.tell(cloud, ["router", "add", "subnet", "way", "inner"]);
  expect(await ovn("ovn-nbctl", 6641, ["show"])).toContain(`neutron-${id}`);
  await at.tell(cloud, ["router", "remove", "subnet", "way", "inner"]);
  await at.tell(cloud, ["router", "delete", "way"]);
  await at.tell(cloud, ["network", "delete", "inner"]);
  expect(await ovn("ovn-nbctl", 6641, ["show"])).not.toContain(`neutron-${id}`);
});

test("a ProviderNetwork is in Neutron, comes back when somebody changes it, and goes when it is deleted", async () => {
  await at.kubectl(["apply", "-f", provider]);
  const told = () => at.json(["get", "providernetwork", "public", ...inCloud]);
  await eventually("the network in Neutron", 90, told, (live) => conditionStatus(live, "Ready") === "True");
  const external = () =>
    at.openstack(cloud, ["network", "show", "public"]).then((shown) => mapAt(shown)["router:external"]);
  expect(await external()).toBe(true);
  await at.tell(cloud, ["network", "set", "--internal", "public"]);
  await eventually("the network to be external again", 90, external, (is) => is === true);
  await at.kubectl(["delete", "-f", provider, "--timeout=90s"]);
  const names = listAt({ list: await at.openstack(cloud, ["network", "list"]) }, "list").map((each) =>
    textAt(each, "Name"),
  );
  expect(names).not.toContain("public");
});

test("a Network stays while the Cloud's Neutron works on it, goes with the Cloud, and finds its data when it is made again", async () => {
  await ovn("ovn-nbctl", 6641, ["--may-exist", "ls-add", "kept"]);
  await at.kubectl(["delete", "network", "fabric", ...inCloud, "--wait=false"]);
  const held = await eventually(
    "the Network to say what uses it",
    30,
    () => at.json(["get", "network", "fabric", ...inCloud]),
    (live) => textAt(live, "status", "reason") === "InUse",
  );
  expect(JSON.stringify(held)).toContain("Cloud demo uses this Network; delete that first");
  expect(conditionStatus(await getCloud(at), "Ready")).toBe("True");
  await at.kubectl(["delete", "cloud", cloud.name, ...inCloud]);
  await at.kubectl(["wait", "--for=delete", "network/fabric", ...inCloud, "--timeout=120s"]);
  const left = await at.kubectl(["get", "pods,statefulsets", ...inCloud, "-o", "name"]);
  expect(left).not.toMatch(/ovn-(nb|sb|northd)/);
  await applyCloud(at);
  await ready(120);
  await eventually(
    "the client's certificate of now",
    180,
    () => ovn("ovn-nbctl", 6641, ["show"]),
    (said) => said.includes("(kept)"),
  );
  await ovn("ovn-nbctl", 6641, ["ls-del", "kept"]);
  await cloudReady(at, 300);
});
