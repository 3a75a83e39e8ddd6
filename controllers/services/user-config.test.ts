import fc from "fast-check";
import type { UserConfig, UserOption } from "../../crds/config.ts";
import { at } from "../../operator/object.ts";
import { contextWith, specOf } from "../testing/render.ts";
import type { ServiceContext } from "./define.ts";
import { keystone } from "./keystone.ts";
import { configOf } from "./config.ts";
import { renderService } from "./render.ts";
import { missingReference, referencesOf, userOptions } from "./user-config.ts";

const from = (name: string, key: string): UserOption => ({ valueFrom: { secretKeyRef: { name, key } } });
const contextOf = (cloud: UserConfig, service: UserConfig, more: Partial<ServiceContext> = {}): ServiceContext =>
  contextWith({ spec: specOf({ config: cloud, services: { keystone: { config: service } } }), ...more });
const configName = (context: ServiceContext): string | undefined =>
  renderService(keystone, context)
    .flatMap(({ objects }) => objects)
    .map(({ metadata }) => metadata.name)
    .find((name) => name.startsWith("keystone-config-"));

const names = fc.constantFrom("alpha", "beta", "gamma");
const values = fc.oneof(
  fc.integer().map((value): UserOption => ({ value })),
  fc.stringMatching(/^[a-z]{0,9}$/).map((value): UserOption => ({ value })),
  fc.array(fc.stringMatching(/^[a-z]{1,9}$/)).map((several): UserOption => ({ values: several })),
  fc.constantFrom("one", "two").map((name) => from(name, "key")),
);
const configs = fc.dictionary(names, fc.dictionary(names, values, { noNullPrototype: true }), {
  noNullPrototype: true,
});

const everyPair = ["alpha", "beta", "gamma"].flatMap((section) =>
  ["alpha", "beta", "gamma"].map((option) => [section, option] as const),
);

/** What one option alone becomes. */
function written(option: UserOption | undefined): unknown {
  return option === undefined ? undefined : userOptions(keystone, contextOf({ a: { b: option } }, {}))["a"]?.["b"];
}

describe("an option that a user sets", () => {
  it("for one service wins over what is set for all, which wins over what Nephos sets; each whole", () => {
    fc.assert(
      fc.property(configs, configs, (cloud, service) => {
        const context = contextOf(cloud, service);
        const [all, whole] = [userOptions(keystone, context), configOf(keystone, context)];
        for (const [section, option] of everyPair) {
          const wanted = service[section]?.[option] ?? cloud[section]?.[option];
          expect([all[section]?.[option], whole[section]?.[option]]).toEqual([written(wanted), written(wanted)]);
        }
      }),
    );
  });

  it("changes nothing but that option", () => {
    const before = configOf(keystone, contextWith());
    const after = configOf(keystone, contextOf({ cache: { enabled: { value: "false" } } }, {}));
    expect(after).toEqual({ ...before, cache: { ...before["cache"], enabled: "false" } });
  });

  it("is the same in whatever case its section is, and with dashes: no second section appears beside ours", () => {
    const config = configOf(
      keystone,
      contextOf({ default: { "use-stderr": { value: "false" } } }, { Cache: { enabled: { value: "false" } } }),
    );
    expect(config).toMatchObject({ DEFAULT: { use_stderr: "false" }, cache: { enabled: "false" } });
    expect(Object.keys(config).sort()).toEqual(Object.keys(configOf(keystone, contextWith())).sort());
  });

  it.each([
    ["text", { value: "a b" }, "a b"],
    ["a number", { value: 7200 }, 7200],
    ["nothing", { value: "" }, ""],
    ["several values", { values: ["a", "b"] }, ["a", "b"]],
    ["no value at all", { values: [] }, []],
    ["a value of a Secret", from("directory", "password"), { parts: [{ secret: "directory", key: "password" }] }],
  ])("may have %s", (_, option, value) => {
    expect(userOptions(keystone, contextOf({ ldap: { some: option } }, {}))).toEqual({ ldap: { some: value } });
  });
});

describe("a Secret that an option's value comes from", () => {
  const config = { ldap: { password: from("directory", "password") } };

  it("is named with the field that names it, unless another setting stands in for that", () => {
    expect(referencesOf(keystone, contextOf(config, {}))).toEqual([
      { field: "spec.config.ldap.password", secret: "directory", key: "password" },
    ]);
    expect(referencesOf(keystone, contextOf(config, { LDAP: { password: { value: "x" } } }))).toEqual([]);
  });

  it("that is missing is said to be, with what to do", () => {
    const lacks: ServiceContext["lacks"] = ({ secret }) => secret === "directory";
    expect(missingReference(keystone, contextOf({}, config, { lacks }))).toBe(
      "Secret directory with key password, which spec.services.keystone.config.ldap.password names, is missing; create it in the Cloud's namespace",
    );
    expect(missingReference(keystone, contextOf({}, config))).toBeUndefined();
  });

  it("gives the configuration another name when it changes, so that pods are replaced; a Secret that nothing refers to does not", () => {
    const versioned = (version: string, which: string) => ({
      versionOf: (secret: string) => (secret === which ? version : "1"),
    });
    const name = (version: string, which: string) => configName(contextOf(config, {}, versioned(version, which)));
    expect(name("2", "directory")).not.toBe(name("3", "directory"));
    expect(name("2", "another")).toBe(name("3", "another"));
  });

  it("is in the plan as a reference, never as a value", () => {
    const file = renderService(keystone, contextOf(config, {}))
      .flatMap(({ objects }) => objects)
      .find(({ metadata }) => metadata.name === configName(contextOf(config, {})));
    expect(at(file, "recipe", "keystone.conf", "parts")).toContainEqual({ secret: "directory", key: "password" });
  });
});
