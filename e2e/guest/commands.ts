import { CommandFailed, run } from "../lab/host/command.ts";

/** The openstack command as one user of a cloud. */
export interface Commands {
  /** What it answers, from JSON. */
  ask(...args: readonly string[]): Promise<unknown>;
  /** What it prints; for what has no answer, such as a deletion. */
  tell(...args: readonly string[]): Promise<string>;
}

/** How long one command may take, where nobody says: waiting for a server is in it. */
const patienceInSeconds = 180;

/** The command at a path, as whom the variables say. Rejects with CommandFailed, and the command's own last lines. */
export function commandsAs(
  program: string,
  env: Readonly<Record<string, string>>,
  timeoutInSeconds = patienceInSeconds,
): Commands {
  const tell = (...args: readonly string[]): Promise<string> =>
    run(program, args, { env, timeoutInSeconds }).catch((error: unknown) => {
      if (error instanceof CommandFailed) error.message += `: ${error.lines.slice(-3).join(" ")}`;
      throw error;
    });
  return { tell, ask: async (...args) => JSON.parse(await tell(...args, "-f", "json")) };
}
