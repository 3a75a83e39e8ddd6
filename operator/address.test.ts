import fc from "fast-check";
import { addressOf, overlapping, rangeOf, within } from "./address.ts";

const span = (text: string) => {
  const range = rangeOf(text) ?? addressOf(text);
  if (range === undefined) throw new Error(`${text} is no range`);
  return range;
};

describe("a range of addresses", () => {
  it.each([
    ["10.20.0.0/24", 32, 0x0a140000n, 0x0a1400ffn],
    ["10.20.0.77/24", 32, 0x0a140000n, 0x0a1400ffn],
    ["0.0.0.0/0", 32, 0n, 0xffffffffn],
    ["192.0.2.1/32", 32, 0xc0000201n, 0xc0000201n],
    ["2001:db8::/32", 128, 0x20010db8n << 96n, (0x20010db9n << 96n) - 1n],
    ["::/0", 128, 0n, (1n << 128n) - 1n],
    ["2001:db8::1/128", 128, (0x20010db8n << 96n) + 1n, (0x20010db8n << 96n) + 1n],
  ])("is read from %s", (text, bits, first, last) => {
    expect(rangeOf(text)).toEqual({ bits, first, last });
  });

  it.each([
    "10.20.0.0",
    "10.20.0.0/33",
    "10.20.0/24",
    "10.20.0.0/024",
    "10.20.0.0/",
    "/24",
    "2001:db8::/129",
    "host/24",
    "",
  ])("is not read from '%s'", (text) => {
    expect(rangeOf(text)).toBeUndefined();
  });
});

describe("an address", () => {
  it.each([
    ["192.0.2.10", 0xc000020an],
    ["::", 0n],
    ["::1", 1n],
    ["1::", 1n << 112n],
    ["::ffff:192.0.2.10", 0xffff_c000_020an],
    ["2001:db8:0:1:2:3:4:5", 0x20010db8_0000_0001_0002_0003_0004_0005n],
  ])("is a number: %s", (text, first) => {
    expect(addressOf(text)?.first).toBe(first);
  });

  it.each(["cloud.example.org", "192.0.2", "192.0.2.10/32", "fe80::1%eth0", "1:2", ""])("is not '%s'", (text) => {
    expect(addressOf(text)).toBeUndefined();
  });
});

describe("two ranges", () => {
  it.each([
    ["10.0.0.0/24", "10.0.0.0/8", true, true],
    ["10.0.0.0/8", "10.0.0.0/24", false, true],
    ["10.0.0.255", "10.0.0.0/24", true, true],
    ["10.0.1.0", "10.0.0.0/24", false, false],
    ["::/96", "0.0.0.0/0", false, false],
    ["10.0.0.0/24", "10.0.0.0/24", true, true],
  ])("of which %s is the inner and %s the outer: %s; with an address in common: %s", (one, other, inner, common) => {
    expect(within(span(one), span(other))).toBe(inner);
    expect(overlapping(span(one), span(other))).toBe(common);
    expect(overlapping(span(other), span(one))).toBe(common);
  });

  it("have an address in common whenever one lies in the other", () => {
    const range = fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, length]) => span(`${address}/${length}`));
    fc.assert(
      fc.property(range, range, (one, other) => {
        expect(!within(one, other) || overlapping(one, other)).toBe(true);
      }),
    );
  });
});
