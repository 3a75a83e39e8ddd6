import type { Client } from "../../client.ts";
import { at, type Live, listAt, refOf, textAt } from "../../object.ts";
import { configMap, kettle, me, owner, type Row } from "./ground.ts";

/** What the runtime relies on of what lists and watches tell, and of what goes by itself. */
export const watchRows: readonly Row[] = [
  [
    "lists come in pages of one version, by label, and their members carry no kind",
    async ({ client, config, namespace }) => {
      const paged = { page: "yes" };
      for (const name of ["page-a", "page-b", "page-c"]) await client.apply(config(name, {}, { labels: paged }), me);
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      const ask = (query: Readonly<Record<string, string>>): Promise<unknown> =>
        client.raw({ method: "GET", path, query: { limit: "2", labelSelector: "page=yes", ...query } });
      const first = await ask({});
      expect(listAt(first, "items").map((each) => textAt(each, "metadata", "name"))).toEqual(["page-a", "page-b"]);
      expect(at(listAt(first, "items")[0], "kind")).toBeUndefined();
      await client.apply(config("page-d", {}, { labels: paged }), me);
      const rest = await ask({ continue: textAt(first, "metadata", "continue") ?? "" });
      expect(listAt(rest, "items").map((each) => textAt(each, "metadata", "name"))).toEqual(["page-c"]);
      expect(textAt(rest, "metadata", "resourceVersion")).toBe(textAt(first, "metadata", "resourceVersion"));
      expect(textAt(rest, "metadata", "continue") ?? "").toBe("");
    },
  ],
  [
    "a watch from a version brings every later change in order, a deletion with a version of its own",
    async ({ client, kettle: boil, heard }) => {
      const { resourceVersion } = await client.list(kettle, {});
      const first = await client.apply(boil("watched", { water: 1 }), me);
      const second = await client.apply(boil("watched", { water: 2 }), me);
      await client.remove(refOf(first), first.metadata.uid);
      const events = await heard(kettle, resourceVersion, 3);
      const [one, two] = [first.metadata.resourceVersion, second.metadata.resourceVersion];
      expect(events.slice(0, 2)).toEqual([`ADDED watched ${one}`, `MODIFIED watched ${two}`]);
      expect(events[2]).toMatch(/^DELETED watched /);
      expect(BigInt(events[2]?.split(" ")[2] ?? "0")).toBeGreaterThan(BigInt(two));
      expect(await heard(kettle, one, 2)).toEqual(events.slice(1));
    },
  ],
  [
    "a watch by label sees objects come and go as they get and lose it",
    async ({ client, config, heard }) => {
      const { resourceVersion } = await client.list(configMap, {});
      await client.apply(config("mark", { a: "1" }), me);
      const marked = { labels: { mark: "yes" } };
      await client.apply(config("mark", { a: "1" }, marked), me);
      await client.apply(config("mark", { a: "2" }, marked), me);
      await client.apply(config("mark", { a: "2" }), me);
      const events = await heard(configMap, resourceVersion, 3, "mark=yes");
      expect(events.map((event) => event.split(" ")[0])).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    },
  ],
  [
    "what a gone object owned goes as well, and so does what is made for one that is gone",
    async ({ client, config, kettle: boil }) => {
      const parent = await client.apply(boil("parent", { water: 1 }), me);
      const ownerReferences = [owner(parent, true)];
      const child = await client.apply(config("child", {}, { ownerReferences }), me);
      await client.remove(refOf(parent), parent.metadata.uid);
      await gone(client, child);
      await gone(client, await client.apply(config("orphan", {}, { ownerReferences }), me));
    },
  ],
];

async function gone(client: Client, live: Live): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await client.get(refOf(live)).catch(() => undefined);
    if (found?.metadata.uid !== live.metadata.uid) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${live.kind} ${live.metadata.name} is still there`);
}
