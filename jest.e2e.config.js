import unit from "./jest.config.js";

/** End-to-end tests: each file asks questions of a real cluster, which e2e/run.ts brings up. */
export default {
  ...unit,
  testMatch: ["<rootDir>/e2e/*.test.ts"],
  testTimeout: 600_000,
  maxWorkers: 1,
};
