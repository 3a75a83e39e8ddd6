import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { isRecord } from "../../operator/object.ts";
import { openCluster } from "./kubeconfig.ts";

let folder: string;
let server: Server;
let asked: IncomingMessage[];
let answer: (request: IncomingMessage) => number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "nephos-kubeconfig-"));
  asked = [];
  answer = () => 200;
  server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(answer(request), { "content-type": "application/json" });
    response.end('{"gitVersion":"v1.34.8"}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function port(): number {
  const address: AddressInfo | string | null = server.address();
  return isRecord(address) && typeof address["port"] === "number" ? address["port"] : 0;
}

// What reads kubeconfigs takes plain HTTP only from those who want no verification anyway.
const plain = { "insecure-skip-tls-verify": true };

function kubeconfig(user: object): string {
  const file = join(folder, "config");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "first",
    clusters: [
      { name: "here", cluster: { server: `http://127.0.0.1:${port()}/`, ...plain } },
      { name: "behind", cluster: { server: `http://127.0.0.1:${port()}/k8s/clusters/c-1`, ...plain } },
    ],
    users: [{ name: "me", user }],
    contexts: [
      { name: "first", context: { cluster: "here", user: "me", namespace: "openstack" } },
      { name: "second", context: { cluster: "behind", user: "me" } },
    ],
  };
  writeFileSync(file, stringify(config));
  return file;
}

const version = { method: "GET", path: "/version" } as const;

describe("a cluster of a kubeconfig", () => {
  it("is asked with the user's token, and knows the namespace of its context", async () => {
    const cluster = await openCluster({ kubeconfig: kubeconfig({ token: "abc" }) });
    expect(await cluster.client.raw(version)).toEqual({ gitVersion: "v1.34.8" });
    expect(asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([["/version", "Bearer abc"]]);
    expect(cluster.namespace).toBe("openstack");
    await cluster.close();
  });

  it("may be that of another context, behind a path", async () => {
    const cluster = await openCluster({ kubeconfig: kubeconfig({ token: "abc" }), context: "second" });
    await cluster.client.raw(version);
    expect(asked.map(({ url }) => url)).toEqual(["/k8s/clusters/c-1/version"]);
    expect(cluster.namespace).toBeUndefined();
    await cluster.close();
  });

  it("gets the token of a credential plugin, and a new one when that is refused", async () => {
    const script = join(folder, "plugin.mjs");
    const credential = `{ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token: "t" + Date.now(), expirationTimestamp: new Date(0).toISOString() } }`;
    writeFileSync(script, `console.log(JSON.stringify(${credential}))`);
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: [script],
      interactiveMode: "Never",
    };
    const cluster = await openCluster({ kubeconfig: kubeconfig({ exec }) });
    answer = () => (asked.length <= 2 ? 401 : 200);
    const answers = await Promise.all([cluster.client.raw(version), cluster.client.raw(version)]);
    expect(answers).toEqual([{ gitVersion: "v1.34.8" }, { gitVersion: "v1.34.8" }]);
    const tokens = asked.map(({ headers }) => headers.authorization ?? "");
    expect(tokens.filter((token) => !/^Bearer t\d+$/.test(token))).toEqual([]);
    // Both were refused, and one token served for both.
    expect(tokens.map((token) => [...new Set(tokens)].indexOf(token))).toEqual([0, 0, 1, 1]);
    await cluster.close();
  });

  it("is named where there is no such context", async () => {
    await expect(openCluster({ kubeconfig: kubeconfig({}), context: "third" })).rejects.toThrow(
      "the kubeconfig has no context third; choose one with --context",
    );
  });
});
