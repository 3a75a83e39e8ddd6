import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type Release, releases } from "../../crds/cloud.ts";
import { contextWith, specOf } from "../testing/render.ts";
import { teapot } from "../testing/teapot.ts";
import type { ServiceDefinition } from "./define.ts";
import { keystone } from "./keystone.ts";
import { services } from "./index.ts";
import { optionTables } from "./options/index.ts";
import { type KnownOption, parsedTable, tableText } from "./options/table.ts";
import { configOf } from "./config.ts";
import { unknownOptions } from "./unknown-options.ts";

const locks = join(import.meta.dirname, "..", "..", "images", "locks");
const doubts = (
  cloud: object,
  service: object = {},
  release: Release = "2026.1",
  all: readonly ServiceDefinition[] = [keystone],
): string[] =>
  unknownOptions(
    all,
    contextWith({ release, spec: specOf({ release, config: cloud, services: { keystone: { config: service } } }) }),
  );

describe("an option that a user sets", () => {
  it.each([
    ["that the release knows", { token: { expiration: { value: 60 } } }, []],
    ["of a library", { oslo_messaging_rabbit: { rabbit_quorum_queue: { value: "true" } } }, []],
    ["under an old name", { DEFAULT: { logdir: { value: "/x" } } }, []],
    ["in another case and with dashes", { Default: { "log-dir": { value: "/x" } } }, []],
    ["with several values where one may be given", { token: { expiration: { values: ["60"] } } }, []],
    ["several times where that may be", { federation: { trusted_dashboard: { values: ["a", "b"] } } }, []],
    [
      "several times where one counts",
      { token: { expiration: { values: ["60", "70"] } } },
      ["spec.config.token.expiration (takes one value, the last of them counts)"],
    ],
    [
      "with a slip of the pen",
      { token: { expiratoin: { value: 60 } } },
      ["spec.config.token.expiratoin (did you mean token.expiration?)"],
    ],
    [
      "in the wrong section",
      { identity: { allow_expired_window: { value: 60 } } },
      ["spec.config.identity.allow_expired_window (did you mean token.allow_expired_window?)"],
    ],
    [
      "in a section with a slip of the pen",
      { tokn: { expiration: { value: 60 } } },
      ["spec.config.tokn.expiration (did you mean token.expiration?)"],
    ],
    ["that nobody knows", { tea: { pot: { value: "brown" } } }, ["spec.config.tea.pot"]],
  ])("%s", (_, config, expected) => {
    expect(doubts(config)).toEqual(expected);
  });

  it("is known in one release and not in another", () => {
    const config = { cache: { redis_password: { value: "x" } }, DEFAULT: { watch_log_file: { value: "true" } } };
    expect(doubts(config, {}, "2025.1")).toEqual([]);
    expect(doubts(config, {}, "2026.1")).toEqual(["spec.config.DEFAULT.watch_log_file"]);
  });

  it("for one service is named by the field of that service", () => {
    expect(doubts({}, { tea: { pot: { value: "brown" } } })).toEqual(["spec.services.keystone.config.tea.pot"]);
  });

  it("is not doubted where a service was never asked", () => {
    expect(doubts({ tea: { pot: { value: "brown" } } }, {}, "2026.1", [keystone, teapot])).toEqual([]);
    expect(doubts({}, { tea: { pot: { value: "brown" } } }, "2026.1", [keystone, teapot])).toHaveLength(1);
  });
});

describe.each(Object.keys(optionTables))("the known options of %s", (name) => {
  it.each(releases)("are those of the version that is locked for %s", (release) => {
    const lock = join(locks, release, `${name}.txt`);
    const version = optionTables[name]?.get(release)?.version;
    const locked = existsSync(lock)
      ? new RegExp(`^(?:openstack-)?${name}==(\\S+)`, "m").exec(readFileSync(lock, "utf8"))?.[1]
      : version;
    expect(version).toMatch(/^\d+[.]\d+/);
    expect(version).toBe(locked);
  });

  it.each(releases)("have everything in them that Nephos sets itself in %s", (release) => {
    const known = optionTables[name]?.get(release)?.options.map(({ section, name: option }) => `${section}.${option}`);
    const definition = services.find((service) => service.name === name) ?? keystone;
    const config = configOf(definition, contextWith({ release, spec: specOf({ release }) }));
    const ours = Object.entries(config).flatMap(([section, options]) =>
      Object.keys(options).map((option) => `${section}.${option}`),
    );
    expect(ours.length).toBeGreaterThan(5);
    expect(ours.filter((option) => known?.includes(option) !== true)).toEqual([]);
  });
});

test("every service was asked for its options", () => {
  expect(Object.keys(optionTables)).toEqual(services.map(({ name }) => name));
});

test("a table says as text what it says as data, whatever is in it", () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
  const option: fc.Arbitrary<KnownOption> = fc.record({
    section: word,
    name: word,
    multiple: fc.boolean(),
    old: fc.boolean(),
  });
  const options = fc.uniqueArray(option, { selector: (each) => JSON.stringify(each) });
  const table = fc.dictionary(
    fc.stringMatching(/^20[0-9]{2}[.][12]$/),
    fc.record({ version: fc.stringMatching(/^[0-9]{1,2}[.]0$/), options }),
    { minKeys: 1 },
  );
  const facts = (map: ReturnType<typeof parsedTable>) =>
    [...map]
      .map(([release, { version, options: all }]) => [
        release,
        version,
        all.map((each) => JSON.stringify([each.section, each.name, each.multiple, each.old])).sort(),
      ])
      .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  fc.assert(
    fc.property(table, (tables) => {
      const map = new Map(Object.entries(tables));
      expect(facts(parsedTable(tableText(map)))).toEqual(facts(map));
      expect(tableText(parsedTable(tableText(map)))).toBe(tableText(map));
    }),
  );
});
