import { isIP, isIPv4 } from "node:net";

/** A range of addresses: its first and its last one as numbers, and the length of an address in bits. */
export interface AddressRange {
  readonly bits: 32 | 128;
  readonly first: bigint;
  readonly last: bigint;
}

const cidr = /^([0-9.]+|[0-9A-Fa-f:]+)[/](0|[1-9][0-9]{0,2})$/;

/** The range that CIDR notation means, whatever bits are set behind its prefix; undefined for text that is none. */
export function rangeOf(text: string): AddressRange | undefined {
  const [, address = "", length = ""] = cidr.exec(text) ?? [];
  const start = addressOf(address);
  if (start === undefined || Number(length) > start.bits) return undefined;
  const size = 1n << BigInt(start.bits - Number(length));
  const first = (start.first / size) * size;
  return { bits: start.bits, first, last: first + size - 1n };
}

/** A single address as a range; undefined for text that is none, a name among it. */
export function addressOf(text: string): AddressRange | undefined {
  if (isIP(text) === 0 || text.includes("%")) return undefined;
  const parts = isIPv4(text) ? text.split(".").map((part) => [8, Number(part)] as const) : groupsOf(text);
  const first = parts.reduce((sum, [bits, part]) => (sum << BigInt(bits)) + BigInt(part), 0n);
  return { bits: isIPv4(text) ? 32 : 128, first, last: first };
}

/** The eight groups of an IPv6 address; an IPv4 address at its end is two of them. */
function groupsOf(text: string): (readonly [bits: number, part: number])[] {
  const mapped = text.replace(/[0-9.]+$/, (tail) => (isIPv4(tail) ? hexadecimal(tail) : tail));
  const [head = "", tail] = mapped.split("::");
  const [before, after] = [wordsIn(head), wordsIn(tail ?? "")];
  const between = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...between, ...after].map((word) => [16, Number.parseInt(word, 16)]);
}

function wordsIn(half: string): string[] {
  return half === "" ? [] : half.split(":");
}

function hexadecimal(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** Whether all of one range lies in another. */
export function within(inner: AddressRange, outer: AddressRange): boolean {
  return inner.bits === outer.bits && outer.first <= inner.first && inner.last <= outer.last;
}

/** Whether two ranges have an address in common. */
export function overlapping(one: AddressRange, other: AddressRange): boolean {
  return one.bits === other.bits && one.first <= other.last && other.first <= one.last;
}
