import { spawn } from "node:child_process";

/** What was heard of an address that was pinged. */
export interface Pings {
  readonly answers: number;
  readonly longestSilenceInSeconds: number;
}

/** Pings that go on. */
export interface Pinging {
  /** How many answers have come so far. */
  readonly answers: () => number;
  readonly end: () => void;
  /** What was heard, once they have ended. */
  readonly heard: () => Promise<Pings>;
}

/** Pings ten times a second from the network of a process, until it is stopped. */
export function keepPinging(address: string, from: number): Pinging {
  const ping = ["ping", "-n", "-D", "-i", "0.1", address];
  const child = spawn("nsenter", ["--target", String(from), "--net", "--", ...ping], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  const began = Date.now() / 1000;
  let stopped: number | undefined;
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  return {
    answers: () => answersIn(text).length,
    end: () => {
      stopped ??= Date.now() / 1000;
      child.kill("SIGINT");
    },
    heard: async () => {
      await ended;
      return pingsIn(text, began, stopped ?? Date.now() / 1000);
    },
  };
}

/** When each answer came. */
function answersIn(text: string): number[] {
  return [...text.matchAll(/^\[(\d+\.\d+)\] \d+ bytes from .*icmp_seq=/gm)].map(([, time]) => Number(time));
}

/** Reads `ping -D`: an answer is a line with the time in brackets and what came back; that nothing did has a line as well. */
export function pingsIn(text: string, began: number, stopped: number): Pings {
  const heard = answersIn(text);
  const times = [began, ...heard.filter((time) => time <= stopped), stopped];
  const silences = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return { answers: heard.length, longestSilenceInSeconds: Math.max(0, ...silences) };
}
