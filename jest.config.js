/** Unit, golden and property tests: fast, no cluster. The end-to-end tests have a runner of their own (e2e/). */
export default {
  testEnvironment: "node",
  // Jest leaves one processor idle by itself, which on two is half of them.
  maxWorkers: "100%",
  // How long a test takes says something about the machine only; one that does not end at all is ended.
  testTimeout: 60_000,
  extensionsToTreatAsEsm: [".ts"],
  testMatch: ["<rootDir>/{operator,crds,controllers,charts,images,e2e/{lab,bench,mutation,scene,up}}/**/*.test.ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2024" }, module: { type: "es6" } },
    ],
  },
};
