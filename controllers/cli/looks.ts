import type { Client } from "../../operator/client.ts";
import type { Watched } from "../../operator/cache.ts";
import type { Live } from "../../operator/object.ts";
import { ApiError, UnknownKind } from "../../operator/outcome.ts";
import { trimmed } from "../../operator/shelf.ts";
import { listed } from "../../operator/watch.ts";

/** What an answer to a question can be: something, or that we may not ask. */
export type Look<T> = { readonly is: "seen"; readonly value: T } | { readonly is: "refused"; readonly reason: string };

/** Asks; what is not there (an object, a kind) is `absent`, what we may not see is refused, all else is an error. */
export async function look<T>(asked: Promise<T>, absent: T): Promise<Look<T>> {
  try {
    return { is: "seen", value: await asked };
  } catch (error) {
    if (error instanceof UnknownKind || (error instanceof ApiError && error.status === 404))
      return { is: "seen", value: absent };
    if (error instanceof ApiError && error.status === 403) return { is: "refused", reason: error.message };
    throw error;
  }
}

/** All objects of a kind, without the values of Secrets. */
export async function listOf(
  client: Client,
  kind: Watched,
  namespace: string | undefined,
  labelSelector?: string,
): Promise<Live[]> {
  const scope = { namespace: kind.cluster === true ? undefined : namespace, labelSelector };
  return (await listed(client, kind, scope, trimmed)).items;
}

/** What was seen; nothing where we may not look. */
export function seenIn<T>(found: Look<readonly T[]>): readonly T[] {
  return found.is === "seen" ? found.value : [];
}
