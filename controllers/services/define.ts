import type { CloudSpec, Release } from "../../crds/cloud.ts";
import type { NetworkSpec } from "../../crds/network.ts";
import type { SecretKeyRef, SecretRecipe } from "../../operator/recipe.ts";
import type { Verdict } from "../../operator/verdict.ts";
import type { RegistrationSpec } from "../../crds/registration.ts";
import type { OsloConfig } from "./oslo.ts";

/** The Network of a cloud, and where its databases are. */
export interface Fabric {
  readonly name: string;
  readonly spec: NetworkSpec;
  readonly northbound: string;
  readonly southbound: string;
}

/** What an upgrade makes steps wait for. */
export interface UpgradeOrder {
  /** Steps that no workload may change its release before. */
  readonly gates: readonly string[];
  /** By service, the steps after which nothing of it is of another release any more. */
  readonly rolled: Readonly<Record<string, readonly string[]>>;
}

/** What a service definition may depend on. */
export interface ServiceContext {
  readonly namespace: string;
  readonly cloud: string;
  /** What the cloud is to run; while it is upgraded, not yet what every workload runs. */
  readonly release: Release;
  /** Whole minutes since 1970. */
  readonly minute: number;
  /** The release that a workload runs now; undefined where it does not exist. */
  readonly running: (workload: string) => Release | undefined;
  /** What a workload was attached to outside of the cloud when it was last written; undefined where nothing is outside. */
  readonly attached: (workload: string) => string | undefined;
  /** Whether a Secret is missing, or lacks a key. */
  readonly lacks: (reference: SecretKeyRef) => boolean;
  /** The version of a Secret, which changes with its values; empty where there is none. */
  readonly versionOf: (secret: string) => string;
  /** Empty while no upgrade is under way. */
  readonly upgrade: UpgradeOrder;
  /** Why no schema may be touched yet. */
  readonly held?: Verdict;
  readonly region: string;
  readonly spec: CloudSpec;
  /** The cloud's Network; undefined while it has none whose databases have addresses. */
  readonly network: Fabric | undefined;
  /** Host of the public endpoints; undefined until a node has an address. */
  readonly publicHost: string | undefined;
  /** Which authority signs: the uid of the Secret with the ring; `none` while there is none. */
  readonly authority: string;
  /** Stands for the certificates in these Secrets as the pods of a Deployment should have them. */
  readonly certificates: (workload: string, secrets: readonly string[]) => string;
  /** What the data lives on: the uid of the database's volume, or where an external one is. A Job acts on it and runs again for another. */
  readonly incarnation: string;
  /** The same of the broker. */
  readonly broker: string;
  /** The cells that Nova was told of, each as a name that changes when it is told anew. */
  readonly cells: readonly string[];
  /** The image reference for an image name such as `infra` or `keystone:2026.1`. */
  readonly image: (name: string) => string;
}

/** A program and its arguments, run in the service's own image; no shell in between. */
export type Command = readonly string[];

/** A WSGI module (`package.module:callable`) behind uWSGI on a TCP port. */
export interface Wsgi {
  readonly wsgi: string;
  readonly port: number;
  /** Path of the health check. */
  readonly health: string;
  /** How many workers a pod has. Default: one, with threads; two where threads are eventlet's. */
  readonly workers?: number;
  /** Seconds that a worker gets to end what it has begun, before it is killed. Default 80. */
  readonly endInSeconds?: number;
  /** What uWSGI is told besides what it is told for all. */
  readonly options?: readonly string[];
  /** What it is told by a file, as `option = value`: only there it puts in such as `%t`, the time of its start. */
  readonly fileOptions?: readonly string[];
}

/** A program that takes no requests by HTTP: it serves RPC, or works by itself. Its pods keep their names, and what is named after them. */
export interface Program {
  readonly command: Command;
  /** The topic that it serves RPC on, by which it is asked whether it still does; none where it serves none. */
  readonly topic?: string;
  /** Seconds from SIGTERM to SIGKILL, in which it ends what it has begun. Default 90. */
  readonly stopInSeconds?: number;
}

/** A program that answers by HTTPS itself, on one port, to those outside the cluster: with the public certificate, where `publicFiles` says. */
export interface Front {
  readonly command: Command;
  readonly port: number;
  /** Path of the health check. */
  readonly health: string;
}

/** A part of a service that runs for good. */
export interface Process {
  readonly name: string;
  readonly run: Wsgi | Program | Front;
  /** CPU and memory that a pod asks for. */
  readonly requests: { readonly cpu: string; readonly memory: string };
  /** Where the process keeps data of its own. It has one pod then, with a volume that the spec of the service sizes. */
  readonly volume?: { readonly path: string };
  /** Options of its own, over those of the service. */
  readonly config?: (context: ServiceContext) => OsloConfig;
}

/** A file tree from a Secret, mounted into every pod of the service. */
export interface Mount {
  readonly secret: string;
  readonly path: string;
}

/** What several services share, as a function of the service; golden-tested on its own. */
export type Trait = (
  service: string,
  minute: number,
) => {
  readonly secrets: readonly SecretRecipe[];
  readonly mounts: readonly Mount[];
  readonly config: OsloConfig;
};

/** A Job that runs once for each incarnation of the data, with Secret values as files below `/run/secrets/nephos`. */
export interface Setup {
  readonly name: string;
  readonly command: Command;
  readonly secrets: readonly SecretKeyRef[];
  /** Options of its own, over those of the service. */
  readonly config?: (context: ServiceContext) => OsloConfig;
}

/** An SQL database. */
export interface Database {
  readonly name: string;
  /** The section of the configuration that names it. */
  readonly section: string;
  /** Another service whose account may use it too. */
  readonly sharedWith?: string;
}

/** An OpenStack service, as data. The renderer is the only code that knows what becomes of it in Kubernetes. */
export interface ServiceDefinition {
  readonly name: string;
  /** The project whose image and programs it runs. Default: the one of its name. */
  readonly project?: string;
  /** For what has an object of its own, with its options in there: the service whose options count for it too, and the kind of object that has those. */
  readonly below?: { readonly service: ServiceDefinition; readonly kind: string };
  /** Type in Keystone's catalogue; none where it has no entry there. */
  readonly type?: string;
  readonly description: string;
  /** Services that must be registered first. */
  readonly after: readonly string[];
  /** SQL databases and the configuration section that names each. */
  readonly databases: readonly Database[];
  /** Whether it talks to the message broker; in a virtual host of its own, with an account of its own, where one is named. */
  readonly messaging: boolean | { readonly virtualHost: string };
  /** Whether it works on the fabric of the cloud: it waits for a Network then, and shows OVN's databases the certificate for clients. */
  readonly fabric?: true;
  /** The file below /etc/<project> that its programs read. Default <project>.conf. */
  readonly configFile?: string;
  /** Variables with which the WSGI module finds its configuration, if it does not look below /etc/<project>. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly processes: readonly Process[];
  /** Path of the endpoint URLs, such as /v3. */
  readonly endpointPath: string;
  readonly config: (context: ServiceContext) => OsloConfig;
  /** Exit codes of its commands after which another try cannot help: the step is blocked instead. */
  readonly finalExitCodes?: readonly number[];
  /** `section.option` that users cannot set, besides the database connections. */
  readonly reserved: readonly string[];
  readonly traits: readonly Trait[];
  readonly setup: readonly Setup[];
  /** Its own user in Keystone, by which it checks tokens and calls others: the roles on project `service`. */
  readonly user?: { readonly roles: readonly string[] };
  /** Generated passwords besides those of its database account and its user: Secret names, each with the key `password`. */
  readonly passwords: readonly string[];
  /** What it has certificates for besides its APIs: servers of these names, elsewhere, each with a Secret `<name>-tls`. */
  readonly certificates?: readonly string[];
  /** Its programs learn of Nova's cells when they start, and only then. */
  readonly knowsCells?: true;
  /** What it needs in Keystone besides its user and its entry in the catalogue. */
  readonly registration?: (context: ServiceContext) => Pick<RegistrationSpec, "projects" | "roles" | "users">;
  readonly upgrade: {
    readonly check: Command;
    /** Run with the new release before its first pod starts. */
    readonly before: readonly Command[];
    /** Run when every pod is of the new release. */
    readonly contract: readonly Command[];
  };
}

/** Checks a definition by its type and keeps it as it is. */
export function defineService<const D extends ServiceDefinition>(definition: D): D {
  return definition;
}
