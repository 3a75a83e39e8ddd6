import { parse } from "yaml";
import { renderKubeconfig } from "./kubeconfig.ts";

const base = { cluster: "test", server: "https://10.101.0.2:6443" };

it("carries keys in itself where it is given them", () => {
  const text = renderKubeconfig({
    ...base,
    authority: { pem: "CA" },
    certificate: { pem: "CRT" },
    key: { pem: "KEY" },
  });
  expect(parse(text)).toMatchObject({
    clusters: [{ name: "test", cluster: { server: base.server, "certificate-authority-data": "Q0E=" } }],
    users: [{ name: "test", user: { "client-certificate-data": "Q1JU", "client-key-data": "S0VZ" } }],
    "current-context": "test",
  });
});

it("points to files where it is given those", () => {
  const file = { file: "/pki/x" };
  const text = renderKubeconfig({ ...base, authority: file, certificate: file, key: file });
  expect(parse(text)).toMatchObject({ users: [{ user: { "client-certificate": "/pki/x", "client-key": "/pki/x" } }] });
});
