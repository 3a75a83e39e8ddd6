/** A long-running program of a machine. */
export interface Daemon {
  readonly name: string;
  readonly argv: readonly string[];
  /** Configuration files by their path under the machine's folder; the daemon is restarted when one of them changes. */
  readonly files: Readonly<Record<string, string>>;
}

/** Where a machine finds its own folder, the binaries and the container runtime, wherever these lie on the host. */
export const inside = {
  machine: "/run/nephos/machine",
  binaries: "/run/nephos/binaries",
  runtime: "/run/nephos/runtime",
  containerd: "/run/containerd/containerd.sock",
} as const;

/** The path that a machine knows one of its key or certificate files by. */
export const pki = (file: string): string => `${inside.machine}/pki/${file}`;

/** Command-line flags from a record, in its order. */
export function flags(values: Readonly<Record<string, string | number | boolean>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}
