import { messageOf } from "../../operator/outcome.ts";
import { doctor } from "./doctor/command.ts";
import { plan } from "./plan/command.ts";
import { status } from "./status/command.ts";
import { support } from "./support/command.ts";
import { type Command, Misuse, type Surroundings } from "./surroundings.ts";

const commands: readonly Command[] = [plan, status, doctor, support];

const help = `kubectl nephos: looks at OpenStack clouds that Nephos runs. It only reads: nothing in a cluster is changed.

Usage: kubectl nephos COMMAND [options]

${commands.map(({ name, summary }) => `  ${name.padEnd(9)}${summary}`).join("\n")}
  version  the version of this program

kubectl nephos COMMAND --help tells more about one of them.
`;

/** Runs the program; gives the exit code. What goes wrong is said in one sentence. */
export async function run(args: readonly string[], at: Surroundings): Promise<number> {
  try {
    return await dispatched(args, at);
  } catch (error) {
    if (at.signal.aborted) return 130;
    at.say(`${isMisuse(error) ? "" : "error: "}${sentenceOf(error)}`);
    return isMisuse(error) || args[0] === "plan" ? 2 : 1;
  }
}

async function dispatched([word, ...args]: readonly string[], at: Surroundings): Promise<number> {
  if (word === undefined || ["help", "--help", "-h"].includes(word)) return told(help, at);
  if (["version", "--version"].includes(word)) return told(`${at.version}\n`, at);
  const command = commands.find(({ name }) => name === word);
  if (command === undefined)
    throw new Misuse(`unknown command ${word}; there are ${commands.map(({ name }) => name).join(", ")}`);
  if (args.some((arg) => arg === "--help" || arg === "-h")) return told(command.help, at);
  return command.run(args, at);
}

function told(text: string, at: Surroundings): number {
  at.out(text);
  return 0;
}

/** Our own complaint, or that of node's parser of arguments. */
function isMisuse(error: unknown): boolean {
  return error instanceof Misuse || codeOf(error).startsWith("ERR_PARSE_ARGS");
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** node adds a lecture on positional arguments to an unknown option: the first sentence is enough. */
function sentenceOf(error: unknown): string {
  const message = messageOf(error).replace(/^TypeError \[\w+\]: /, "");
  return error instanceof Misuse || !isMisuse(error) ? message : `${message.split(/\. (?=To )/)[0] ?? ""}; see --help`;
}
