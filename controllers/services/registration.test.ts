import { contextWith, specOf } from "../testing/render.ts";
import { kettle, teapot, teapotContext } from "../testing/teapot.ts";
import { registrationOf } from "./registration.ts";

describe("the Registration of a service", () => {
  it("has its two addresses, its user, and where Keystone is", () => {
    expect(registrationOf(teapot, teapotContext())).toEqual({
      objects: [
        {
          apiVersion: "nephos.dev/v1alpha1",
          kind: "Registration",
          metadata: { name: "teapot" },
          spec: {
            keystone: {
              url: "https://keystone.openstack.svc:5000/v3",
              userName: "nephos",
              passwordFrom: { name: "keystone-nephos", key: "password" },
              caFrom: { name: "nephos-ca-bundle", key: "ca.crt" },
            },
            region: "RegionOne",
            service: { name: "teapot", type: "tea", description: "OpenStack Tea" },
            endpoints: [
              { interface: "public", url: "https://192.0.2.10:30418/v1" },
              { interface: "internal", url: "https://teapot.openstack.svc:4180/v1" },
            ],
            projects: [],
            roles: [],
            users: [expect.objectContaining({ name: "teapot" })],
          },
        },
      ],
    });
  });

  it("waits for a public host only where the service has a public port", () => {
    const nowhere = { ...teapotContext(), publicHost: undefined };
    expect(registrationOf(teapot, nowhere)).toEqual({
      objects: [],
      held: { is: "waiting", on: "a node with an InternalIP, or spec.endpoints.public.host" },
    });
    const inside = registrationOf(teapot, { ...contextWith({ spec: specOf() }), publicHost: undefined });
    expect(inside).not.toHaveProperty("held");
    expect(inside.objects).toMatchObject([
      { spec: { endpoints: [{ interface: "internal", url: "https://teapot.openstack.svc:4180/v1" }] } },
    ]);
  });

  it("has what else the service needs, its user last", () => {
    const needs = {
      projects: ["tea"],
      roles: ["drinker"],
      users: [
        { name: "guest", passwordFrom: { name: "guest", key: "password" }, keep: "Always" as const, assignments: [] },
      ],
    };
    const { objects } = registrationOf({ ...teapot, registration: () => needs }, teapotContext());
    expect(objects).toMatchObject([
      { spec: { projects: needs.projects, roles: needs.roles, users: [{ name: "guest" }, { name: "teapot" }] } },
    ]);
  });

  it("has no user where the service checks no tokens", () => {
    const { objects } = registrationOf(kettle, teapotContext());
    expect(objects).toMatchObject([{ spec: { users: [] } }]);
  });

  it("is none for what nobody looks up in the catalogue", () => {
    const { type: _, ...silent } = teapot;
    expect(registrationOf(silent, teapotContext())).toEqual({ objects: [] });
  });
});
