import type { Stage } from "../../../operator/testing/scenario.ts";
import type { World } from "../../../operator/testing/world/world.ts";
import { namespace } from "../world.ts";
import { hostIn, keystoneOf, servingPod } from "./keystone.ts";
import { applyCloud, type Fields, ready, step } from "./stages.ts";

/** What a user has made before the Cloud: Secrets that it refers to. */
const logins: readonly string[] = ["database-admin", "broker-account"];

function makeLogins(world: World): void {
  const value = (text: string): string => Buffer.from(text).toString("base64");
  for (const name of logins) {
    const metadata = { name, namespace, uid: "", resourceVersion: "" };
    const data = { username: value("somebody"), password: value(`password of ${name}`) };
    world.store.create({ apiVersion: "v1", kind: "Secret", metadata, data }, "kubectl");
  }
}

const borrowed = (host: string): Fields => ({
  database: {
    type: "External",
    external: { host, access: { type: "Administrator", administrator: { name: "database-admin" } } },
  },
  messaging: {
    type: "External",
    external: {
      hosts: [{ name: "mq.example.org" }],
      access: { type: "Account", account: { name: "broker-account" } },
    },
  },
});

/** Whether the Cloud runs on the database of a host, and Keystone there knows all that it has to. */
const runsOn =
  (host: string) =>
  (world: World): boolean =>
    ready(world) && hostIn(world, servingPod(world)) === host && keystoneOf(world).entries("endpoints").length === 2;

const [first, second] = ["one.example.org", "two.example.org"];

/** A Cloud on servers that somebody else runs. */
export const borrow: Stage = step(
  "deploy",
  (world) => {
    makeLogins(world);
    applyCloud(world, borrowed(first));
  },
  runsOn(first),
);

/** Its database is on another host from now on, and empty there. */
export const hostChanged: Stage = step("host changed", (world) => applyCloud(world, borrowed(second)), runsOn(second));
