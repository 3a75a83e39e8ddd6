import { kubectl, type Target } from "../lab/kubectl.ts";

/** What kubectl says, line by line, for a message of failure: nothing where it fails itself. */
export async function linesOf(target: Target, args: readonly string[]): Promise<string[]> {
  const text = await kubectl(target, args).catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}
