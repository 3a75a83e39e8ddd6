import endToEnd from "./jest.e2e.config.js";

/** What takes too long for `make test`: each file brings up a cluster of its own; e2e/full.ts runs them. */
export default { ...endToEnd, testMatch: ["<rootDir>/e2e/*.full.ts"] };
