import type { Client } from "../../operator/client.ts";
import type { Transport } from "../../operator/transport.ts";

/** Which cluster is meant, as kubectl is told. */
export interface Target {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** A cluster that is open for questions. */
export interface Cluster {
  readonly client: Client;
  readonly transport: Transport;
  /** The namespace of the context; undefined where it has none. */
  readonly namespace: string | undefined;
  close(): Promise<void>;
}

/** All that a command may touch of the world around it; tests put one in memory here. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Whether a person looks at what goes to `out`: only then are there colours and redrawn screens. */
  readonly terminal: boolean;
  /** Fires when the person has had enough. */
  readonly signal: AbortSignal;
  /** The version of this program. */
  readonly version: string;
  /** Milliseconds since 1970. */
  now(): number;
  /** What was asked for: others may read it on. */
  out(text: string): void;
  /** What is said about it, line by line. */
  say(line: string): void;
  /** The text of a file; `-` is standard input. */
  read(file: string): Promise<string>;
  /** Writes a file that only its owner can read. */
  write(file: string, content: Uint8Array): Promise<void>;
  sleep(milliseconds: number): Promise<void>;
  connect(target: Target): Promise<Cluster>;
}

/** One of the words that the program understands. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly help: string;
  /** Gives the exit code. */
  run(args: readonly string[], at: Surroundings): Promise<number>;
}

/** The user said something that the program does not understand; the message says what to say instead. */
export class Misuse extends Error {
  override readonly name = "Misuse";
}

/** Options that every command takes which asks a cluster. */
export const clusterOptions = {
  namespace: { type: "string", short: "n" },
  kubeconfig: { type: "string" },
  context: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** How those options are explained. */
export const clusterHelp = `  -n, --namespace NAME   namespace; default: that of the kubeconfig context, else default
      --context NAME     context of the kubeconfig; default: the current one
      --kubeconfig FILE  default: $KUBECONFIG, else ~/.kube/config
  -h, --help             this text`;

/** Does something with the cluster that is meant, and closes it however that ends. */
export async function withCluster<T>(
  at: Surroundings,
  target: Target,
  what: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const cluster = await at.connect(target);
  try {
    return await what(cluster);
  } finally {
    await cluster.close();
  }
}
