import { spawn } from "node:child_process";

/** What was heard of an address that was pinged. */
export interface Pings {
  readonly answers: number;
  readonly longestSilenceInSeconds: number;
}

/** Pings ten times a second from the network of a process, until the function that it gives is called. */
export function keepPinging(address: string, from: number): () => Promise<Pings> {
  const ping = ["ping", "-n", "-D", "-i", "0.1", address];
  const child = spawn("nsenter", ["--target", String(from), "--net", "--", ...ping], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  const began = Date.now() / 1000;
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  return async () => {
    const stopped = Date.now() / 1000;
    child.kill("SIGINT");
    await ended;
    return pingsIn(text, began, stopped);
  };
}

/** Reads `ping -D`: an answer is a line with the time in brackets and what came back; that nothing did has a line as well. */
export function pingsIn(text: string, began: number, stopped: number): Pings {
  const heard = [...text.matchAll(/^\[(\d+\.\d+)\] \d+ bytes from .*icmp_seq=/gm)].map(([, time]) => Number(time));
  const times = [began, ...heard.filter((time) => time <= stopped), stopped];
  const silences = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return { answers: heard.length, longestSilenceInSeconds: Math.max(0, ...silences) };
}
