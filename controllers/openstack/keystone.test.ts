import { logIn } from "./keystone.ts";

describe("a log-in", () => {
  it.each(["no URL at all", "http://keystone:99999/v3"])(
    "at %s fails as any other that nobody answers",
    async (url) => {
      const credentials = { url, userName: "nephos", password: "secret", projectName: "" };
      await expect(logIn(credentials, new AbortController().signal)).rejects.toMatchObject({
        name: "KeystoneError",
        status: 0,
        message: expect.stringContaining(`Keystone does not answer at ${url}`),
      });
    },
  );
});
