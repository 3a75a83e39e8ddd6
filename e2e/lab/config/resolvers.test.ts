import { renderResolvers } from "./resolvers.ts";

it("takes the host's servers as they are", () => {
  expect(renderResolvers("search example.org\nnameserver 192.0.2.53\n")).toBe(
    "search example.org\nnameserver 192.0.2.53\n",
  );
});

it("takes what systemd-resolved asks where the host asks itself", () => {
  expect(renderResolvers("nameserver 127.0.0.53\noptions edns0\n", "nameserver 192.0.2.1\n")).toBe(
    "nameserver 192.0.2.1\n",
  );
});

it("leaves out a loopback server beside others", () => {
  expect(renderResolvers("nameserver 127.0.0.1\nnameserver 192.0.2.53", "nameserver 192.0.2.1")).toBe(
    "nameserver 192.0.2.53\n",
  );
});
