import { pingsIn } from "./ping.ts";

const lines = `PING 192.0.2.10 (192.0.2.10) 56(84) bytes of data.
[100.500000] 64 bytes from 192.0.2.10: icmp_seq=1 ttl=64 time=0.9 ms
[100.600000] 64 bytes from 192.0.2.10: icmp_seq=2 ttl=64 time=0.8 ms
[101.000000] From 192.0.2.1 icmp_seq=3 Destination Host Unreachable
[102.600000] 64 bytes from 192.0.2.10: icmp_seq=22 ttl=64 time=0.8 ms
`;

describe("what ping says", () => {
  it("has as many answers as came back, and the longest time without one", () => {
    const { answers, longestSilenceInSeconds } = pingsIn(lines, 100.4, 102.7);
    expect(answers).toBe(3);
    expect(longestSilenceInSeconds).toBeCloseTo(2);
  });

  it("counts the silence before the first answer and after the last", () => {
    expect(pingsIn(lines, 90, 103).longestSilenceInSeconds).toBeCloseTo(10.5);
    expect(pingsIn(lines, 100, 110).longestSilenceInSeconds).toBeCloseTo(7.4);
    expect(pingsIn("", 100, 104)).toEqual({ answers: 0, longestSilenceInSeconds: 4 });
  });
});
