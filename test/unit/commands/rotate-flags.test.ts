/** Options of a rotation that contradict each other, and what the list becomes of the others. */
import { expect, test } from "vitest";
import { listPolicy, type RotateFlags } from "../../../src/commands/rotate-hash/list-policy.ts";

const [A, B] = ["a".repeat(64), "b".repeat(64)];
const policyOf = (flags: Partial<RotateFlags>) =>
  listPolicy({
    replace: false,
    retire: false,
    rollback: false,
    fresh: false,
    deleteRevoked: false,
    keep: [],
    drop: [],
    ...flags,
  } as unknown as RotateFlags);

test.each<[Partial<RotateFlags>, string]>([
  [{ replace: true, retire: true }, "--replace and --retire can't be given together"],
  ...[{ replace: true }, { retire: true }, { fresh: true }, { keep: [A] }, { drop: [A] }].map(
    (other): [Partial<RotateFlags>, string] => [
      { rollback: true, ...other },
      "it goes with no other list option",
    ],
  ),
  [{ keep: ["0x12"] }, '--keep: "0x12" is not a compose hash'],
  [{ drop: ["A".repeat(64)] }, "is not a compose hash"],
  [{ keep: ["c".repeat(71)] }, `--keep: "${"c".repeat(67)}..." is not`],
  [{ keep: [A, B], drop: [B] }, `${B} is given to both --keep and --drop`],
  [{ deleteRevoked: true }, "--delete-revoked goes with an option that drops hashes"],
  ...[{ replace: true }, { retire: true }, { rollback: true }, { drop: [A] }].map(
    (other): [Partial<RotateFlags>, string] => [{ approveVia: "api", ...other }, "can only add"],
  ),
])("%j is refused", (flags, message) => {
  expect(() => policyOf(flags)).toThrow(message);
});

test("every contradiction is named", () => {
  const flags = { replace: true, retire: true, rollback: true, approveVia: "api" } as const;
  expect(() => policyOf(flags)).toThrow(/--retire.*\n--rollback.*\n--approve-via api/);
});

test.each<[Partial<RotateFlags>, unknown]>([
  [
    { approveVia: "api", fresh: true, keep: [A] },
    { stay: "all", keep: [A], drop: [] },
  ],
  [
    { replace: true, keep: [A], drop: [B] },
    { stay: "none", keep: [A], drop: [B] },
  ],
  [
    { retire: true, deleteRevoked: true },
    { stay: "live", keep: [], drop: [] },
  ],
  [
    { rollback: true, deleteRevoked: true },
    { stay: "all", keep: [], drop: [] },
  ],
])("%j is a policy", (flags, policy) => {
  expect(policyOf(flags)).toEqual(policy);
});
