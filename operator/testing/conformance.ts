import { type Client, kubeClient } from "../client.ts";
import { at, type Kind, type Manifest, textAt } from "../object.ts";
import type { Transport } from "../transport.ts";
import { configMap, type Fields, kettle, type On } from "./conformance/ground.ts";
import { objectRows } from "./conformance/objects.ts";
import { watchRows } from "./conformance/watches.ts";

/** A server to be asked. The namespace is the suite's own, and empty. */
export interface Ground {
  readonly transport: Transport;
  readonly namespace: string;
}
/** What a watch from a version brings, up to so many events that are no bookmarks: `ADDED name version`. */
export async function heardBy(
  client: Client,
  kind: Kind,
  namespace: string,
  from: string,
  count: number,
  labelSelector?: string,
): Promise<string[]> {
  const stop = new AbortController();
  const events: string[] = [];
  for await (const line of client.watch(kind, { namespace, labelSelector }, from, 30, stop.signal)) {
    const event: unknown = JSON.parse(line);
    const type = textAt(event, "type") ?? "";
    if (type === "BOOKMARK") continue;
    const [name, version] = [
      textAt(event, "object", "metadata", "name"),
      textAt(event, "object", "metadata", "resourceVersion"),
    ];
    events.push(
      type === "ERROR" ? `ERROR ${String(at(event, "object", "code"))}` : `${type} ${name ?? ""} ${version ?? ""}`,
    );
    if (events.length === count) break;
  }
  stop.abort();
  return events;
}

/** Declares the tests of the suite; the server is asked for when they begin. */
export function declareConformance(ground: () => Ground): void {
  const on = (): On => {
    const { transport, namespace } = ground();
    const client = kubeClient(transport);
    const of = (kind: Kind, name: string, fields: Fields = {}, metadata: Fields = {}): Manifest =>
      Object.assign({ ...kind, metadata: { name, namespace, ...metadata } }, fields);
    return {
      client,
      namespace,
      of,
      config: (name, data, metadata) => of(configMap, name, { data }, metadata),
      kettle: (name, spec, metadata) => of(kettle, name, { spec }, metadata),
      heard: (kind, from, count, labelSelector) => heardBy(client, kind, namespace, from, count, labelSelector),
    };
  };
  it.each([...objectRows, ...watchRows])("%s", async (_title, ask) => {
    expect.hasAssertions();
    await ask(on());
    expect(ask).toBeDefined();
  });
}
