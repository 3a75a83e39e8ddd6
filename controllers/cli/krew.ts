import { stringify } from "yaml";

/** A published archive of the program. */
export interface Publication {
  /** Without the `v` that Krew puts before it. */
  readonly version: string;
  /** A tar.gz or zip that holds `kubectl-nephos`. */
  readonly url: string;
  readonly sha256: string;
  readonly homepage: string;
}

/** The manifest by which Krew installs the program (krew.sigs.k8s.io/docs/developer-guide/plugin-manifest); `nephos.yaml` in an index. */
export function krewManifest({ version, url, sha256, homepage }: Publication): string {
  const platform = {
    selector: { matchExpressions: [{ key: "os", operator: "In", values: ["linux", "darwin"] }] },
    uri: url,
    sha256,
    bin: "kubectl-nephos",
    files: [{ from: "kubectl-nephos", to: "." }],
  };
  return stringify(
    {
      apiVersion: "krew.googlecontainertools.github.com/v1alpha2",
      kind: "Plugin",
      metadata: { name: "nephos" },
      spec: {
        version: `v${version}`,
        homepage,
        shortDescription: "Plan, watch and examine OpenStack clouds run by Nephos",
        description:
          "Shows what a Cloud manifest leads to or would change, the steps of a rollout as a tree, what a cluster lacks for Nephos, and packs a redacted bundle for a report. It only reads.\n",
        caveats: "Needs Node.js 24 or newer as `node` in the PATH.\n",
        platforms: [platform],
      },
    },
    { lineWidth: 0 },
  );
}

if (import.meta.main) {
  const [version, sha256, url, homepage] = process.argv.slice(2);
  if (version === undefined || sha256 === undefined || url === undefined || homepage === undefined) {
    process.stderr.write("usage: node controllers/cli/krew.ts VERSION SHA256 URL HOMEPAGE\n");
    process.exitCode = 2;
  } else process.stdout.write(krewManifest({ version, sha256, url, homepage }));
}
