import type { IContainer } from "kubernetes-models/v1/Container";
import type { Resources } from "../../crds/resources.ts";
import { quantityOf } from "../../operator/covers.ts";

type Amounts = Readonly<Record<string, string>>;
type PodResources = NonNullable<IContainer["resources"]>;

/** What a pod asks for and gets at most: what the user says, else `ours`. Where only a limit is given, Kubernetes asks for that much. */
export function resourcesWith(ours: Amounts, { requests, limits }: NonNullable<Resources> = {}): PodResources {
  const most = amountsOf(limits);
  const asked = Object.entries(ours).filter(([name]) => !(name in most));
  return {
    requests: { ...Object.fromEntries(asked), ...amountsOf(requests) },
    ...(Object.keys(most).length === 0 ? {} : { limits: most }),
  };
}

function amountsOf(amounts: Readonly<Record<string, string | number | undefined>> = {}): Amounts {
  const given = Object.entries(amounts).filter(([, amount]) => amount !== undefined);
  return Object.fromEntries(given.map(([name, amount]) => [name, String(amount)]));
}

/** The memory in MiB that a pod asks for, and the most that it gets; undefined where that has no end. */
export function memoryOf({ requests = {}, limits = {} }: PodResources): {
  readonly asked: number;
  readonly most: number | undefined;
} {
  const [asked, most] = [requests["memory"] ?? limits["memory"], limits["memory"]].map(mebibytes);
  return { asked: asked ?? 0, most };
}

function mebibytes(quantity: unknown): number | undefined {
  const bytes = quantityOf(quantity);
  return bytes === undefined ? undefined : Math.floor(bytes / 2 ** 20);
}
