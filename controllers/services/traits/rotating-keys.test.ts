import { turnOf } from "../../../operator/recipe.ts";
import { rotatingKeys } from "./rotating-keys.ts";

const daily = rotatingKeys({ name: "fernet", section: "fernet_tokens", keep: 5, everyDays: 1 });
const weekly = rotatingKeys({ name: "receipt", section: "fernet_receipts", keep: 5, everyDays: 7 });
const never = rotatingKeys({ name: "credential", section: "credential", keep: 3 });
const minuteAt = (time: string): number => Date.parse(time) / 60_000;
const turnAt = (trait: typeof daily, time: string): number | undefined => {
  const [secret] = trait("keystone", minuteAt(time)).secrets;
  return secret === undefined ? undefined : turnOf(secret.metadata);
};

describe("rotating keys", () => {
  it("turn once a day, at three in the morning", () => {
    const [before, after, late, next] = [
      "2026-03-01T02:59:00Z",
      "2026-03-01T03:00:00Z",
      "2026-03-02T02:59:00Z",
      "2026-03-02T03:00:00Z",
    ];
    const turn = turnAt(daily, after ?? "") ?? 0;
    expect([before, late, next].map((time) => (turnAt(daily, time ?? "") ?? 0) - turn)).toEqual([-1, 0, 1]);
  });

  it("turn as rarely as they are to", () => {
    const turns = Array.from({ length: 28 }, (_, day) =>
      turnAt(weekly, `2026-02-${String(day + 1).padStart(2, "0")}T12:00:00Z`),
    );
    expect(new Set(turns).size).toBeLessThanOrEqual(5);
    expect(new Set(turns).size).toBeGreaterThanOrEqual(4);
  });

  it("stay where nothing says how often they turn", () => {
    expect(turnAt(never, "2026-03-01T03:00:00Z")).toBeUndefined();
    expect(never("keystone", 0)).toEqual(never("keystone", minuteAt("2026-03-01T03:00:00Z")));
  });

  it("have the same name, place and options at every turn: no pod restarts", () => {
    const [one, other] = [daily("keystone", 0), daily("keystone", minuteAt("2026-03-01T03:00:00Z"))];
    expect([other.mounts, other.config]).toEqual([one.mounts, one.config]);
    expect(other.secrets[0]?.metadata.name).toBe(one.secrets[0]?.metadata.name);
  });
});
