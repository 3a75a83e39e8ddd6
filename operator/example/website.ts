import type { Controller } from "../controller.ts";
import { summarise } from "../conditions.ts";
import { digest } from "../digest.ts";
import { type Live, type Manifest, numberAt, textAt } from "../object.ts";
import type { Plan } from "../plan.ts";

/** `Website`: a text that is served by some pods. Everything that a controller is, in one file. */
export const websiteController: Controller = {
  name: "example-website",
  kind: { apiVersion: "example.dev/v1", kind: "Website" },
  reads: [],
  owns: [
    { apiVersion: "v1", kind: "ConfigMap" },
    { apiVersion: "v1", kind: "Service" },
    { apiVersion: "apps/v1", kind: "Deployment" },
  ],

  plan: (website) => planWebsite(website),

  status: (website, verdicts) => {
    const observedGeneration = website.metadata.generation ?? 0;
    return { observedGeneration, conditions: summarise(verdicts, observedGeneration) };
  },
};

/** Pure: the same Website gives the same plan, in every process. */
function planWebsite(website: Live): Plan {
  const { name } = website.metadata;
  const content = { "index.html": textAt(website, "spec", "text") ?? "" };
  const page = manifest("v1", "ConfigMap", `${name}-page-${digest(content, 8)}`, { data: content });
  return {
    steps: [
      { name: "page", after: [], objects: [page] },
      { name: "server", after: ["page"], objects: [server(website, page.metadata.name)] },
      { name: "front", after: ["server"], objects: [front(name)] },
    ],
  };
}

function server(website: Live, page: string): Manifest {
  const labels = { app: website.metadata.name };
  const container = {
    name: "httpd",
    image: "busybox",
    args: ["httpd", "-f", "-h", "/www", "-p", "8080"],
    volumeMounts: [{ name: "page", mountPath: "/www" }],
  };
  const pod = { containers: [container], volumes: [{ name: "page", configMap: { name: page } }] };
  const replicas = numberAt(website, "spec", "replicas") ?? 1;
  const template = { metadata: { labels }, spec: pod };
  return manifest("apps/v1", "Deployment", website.metadata.name, {
    spec: { replicas, selector: { matchLabels: labels }, template },
  });
}

function front(name: string): Manifest {
  const spec = { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }] };
  return manifest("v1", "Service", name, { spec });
}

function manifest(apiVersion: string, kind: string, name: string, fields: object): Manifest {
  return Object.assign({ apiVersion, kind, metadata: { name } }, fields);
}
