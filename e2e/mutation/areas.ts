/** Modules that are mutated together, and the tests that have to notice. */
export interface Area {
  readonly name: string;
  readonly modules: readonly string[];
  readonly tests: readonly string[];
}

/** A module whose tests stand beside it. */
const beside = (module: string): Area => ({
  name: module.replaceAll("/", "-"),
  modules: [`${module}.ts`],
  tests: [`${module}.test.ts`],
});

const inFolder = (folder: string, ...names: readonly string[]): string[] => names.map((name) => `${folder}/${name}.ts`);

/**
 * The pure modules. Each is held by the tests that are about it and by no others: a mutant that only some far test notices is one
 * that nobody who changes the module would find, and far tests cost a second for every mutant.
 */
export const areas: readonly Area[] = [
  ...["access", "conditions", "covers", "digest", "object", "outcome", "plan", "pods", "verdict"].map((name) =>
    beside(`operator/${name}`),
  ),
  { name: "operator-dress", modules: ["operator/dress.ts"], tests: ["operator/engine.test.ts"] },
  {
    name: "operator-recipe",
    modules: ["operator/recipe.ts"],
    tests: ["operator/secrets.test.ts", "operator/key-ring.test.ts"],
  },
  {
    name: "controllers-services",
    modules: inFolder(
      "controllers/services",
      ...["database", "oslo", "pod", "public", "registration", "render", "traits/messaging", "traits/rotating-keys"],
    ),
    tests: ["pod", "public", "render", "oslo", "traits/rotating-keys", "services"].map(
      (name) => `controllers/services/${name}.test.ts`,
    ),
  },
  {
    name: "controllers-cloud",
    modules: [
      ...inFolder("controllers/cloud", "cache", "claim", "database", "host", "messaging", "plan", "record", "status"),
      // Parts of which the database, the broker and the cache are made.
      ...inFolder("controllers/services", "manifests", "secret"),
    ],
    tests: ["order", "plan", "status"].map((name) => `controllers/cloud/${name}.test.ts`),
  },
  beside("controllers/registration/plan"),
];
