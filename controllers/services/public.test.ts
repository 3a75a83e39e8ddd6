import { contextWith, specOf } from "../testing/render.ts";
import { teapot, teapotContext } from "../testing/teapot.ts";
import { internalUrl, publicHostAnnotation, publicServices, publicUrl } from "./public.ts";

describe("the public URL of a service", () => {
  it.each([
    ["192.0.2.10", "https://192.0.2.10:30418/v1"],
    ["2001:db8::10", "https://[2001:db8::10]:30418/v1"],
    [undefined, undefined],
  ])("at the host %s is %s", (publicHost, url) => {
    expect(publicUrl(teapot, { ...teapotContext(), publicHost })).toBe(url);
  });

  it("is none where the service has no port outside", () => {
    expect(publicUrl(teapot, contextWith())).toBeUndefined();
    expect(publicServices(teapot, contextWith())).toEqual([]);
  });
});

it("the internal URL of a service is its DNS name", () => {
  expect(internalUrl(teapot, { ...teapotContext(), namespace: "openstack" })).toBe(
    "https://teapot.openstack.svc:4180/v1",
  );
});

describe("the way in from outside", () => {
  const context = teapotContext();
  const annotationsWith = (host: string | undefined, publicHost: string | undefined) => {
    const endpoints = specOf(host === undefined ? {} : { endpoints: { public: { host } } }).endpoints;
    const [service] = publicServices(teapot, { ...context, publicHost, spec: { ...context.spec, endpoints } });
    return service?.metadata.annotations;
  };

  it("leads to the pods of the service's first process, on a port of every node", () => {
    const labels = { "app.kubernetes.io/name": "teapot", "app.kubernetes.io/component": "api" };
    expect(publicServices(teapot, context)).toMatchObject([
      {
        metadata: { name: "teapot-public", labels },
        spec: { type: "NodePort", selector: labels, ports: [{ port: 4180, targetPort: 8443, nodePort: 30418 }] },
      },
    ]);
  });

  it("remembers the host that was chosen, but not the user's own", () => {
    expect(annotationsWith(undefined, "192.0.2.10")).toEqual({ [publicHostAnnotation]: "192.0.2.10" });
    expect(annotationsWith("cloud.example.org", "cloud.example.org")).toEqual({});
    expect(annotationsWith(undefined, undefined)).toEqual({});
  });
});
