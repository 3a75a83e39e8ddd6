/**
 * The resolv.conf of a machine: the host's, without name servers on the host's own loopback, which no machine reaches. Where only such
 * are left, `upstream` is used, the file in which systemd-resolved lists the servers it asks itself.
 */
export function renderResolvers(host: string, upstream?: string): string {
  const reachable = withoutLoopback(host);
  if (upstream === undefined || servers(reachable).length > 0) return reachable;
  return withoutLoopback(upstream);
}

function withoutLoopback(text: string): string {
  const lines = text.split("\n").filter((line) => !/^\s*nameserver\s+(127\.|::1\b)/.test(line));
  return `${lines.join("\n").trimEnd()}\n`;
}

function servers(text: string): string[] {
  return text.split("\n").filter((line) => /^\s*nameserver\s/.test(line));
}
