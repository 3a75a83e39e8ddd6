/** Unit, golden and property tests: fast, no cluster. The end-to-end tests have a runner of their own (e2e/). */
export default {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  testMatch: ["<rootDir>/{operator,crds,controllers,charts,images,e2e/{lab,bench,mutation,scene,up}}/**/*.test.ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2024" }, module: { type: "es6" } },
    ],
  },
};
