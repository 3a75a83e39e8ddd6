import { connect } from "node:net";
import { run } from "../lab/host/command.ts";

/** Runs a command line in a guest's shell, as the owner of a key; rejects with CommandFailed where nobody answers within ten seconds. */
export function inGuest(address: string, key: string, line: string): Promise<string> {
  // Guests are made anew all the time, with other keys at the same addresses.
  const anew = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"];
  const alone = ["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=10", "-i", key];
  return run("ssh", [...alone, ...anew, `root@${address}`, line], { timeoutInSeconds: 60 });
}

/** Whether an address answers to a ping within two seconds. */
export function pings(address: string): Promise<boolean> {
  return run("ping", ["-n", "-c", "1", "-W", "2", address]).then(
    () => true,
    () => false,
  );
}

/** Whether a port takes a connection within three seconds. */
export function opens(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 3000 });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", () => end(true));
    socket.on("error", () => end(false));
    socket.on("timeout", () => end(false));
  });
}
