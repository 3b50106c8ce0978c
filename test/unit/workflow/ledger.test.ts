/** Which CVM is which, and what a run's last words name. */
import { expect, test } from "vitest";
import type { CvmIdentity } from "../../../src/core/ports.ts";
import { isSameCvm, Ledger } from "../../../src/workflow/ledger.ts";

const NAME = "bird-runner-temp";
const of = (vmUuid: string | null, appId: string | null, name = NAME): CvmIdentity => ({
  name,
  appId,
  vmUuid,
});

test.each<[string, boolean, CvmIdentity, CvmIdentity]>([
  ["one uuid, renamed", true, of("u", "a"), of("u", "a", "other")],
  ["a replica: its app_id, another uuid", false, of("u", "a"), of("v", "a")],
  ["the uuid is not known yet", true, of(null, "a"), of("v", "a")],
  ["another app_id under the name", false, of(null, "a"), of("v", "b")],
  ["another app_id, and no uuid", false, of(null, "a"), of(null, "b")],
  ["the app_id alone, renamed", true, of(null, "a"), of(null, "a", "other")],
  ["nothing but the name", true, of(null, null), of("v", "b")],
  ["nothing but another name", false, of(null, null), of("v", "b", "other")],
])("%s: %s", (_, same, a, b) => {
  expect(isSameCvm(a, b)).toBe(same);
  expect(isSameCvm(b, a)).toBe(same);
});

test("what was made is named until it is seen gone, each by its own ids", () => {
  const ledger = new Ledger();
  expect(ledger.touched).toBe(false);
  ledger.add(of("u", "a"), { certain: false, at: 5 });
  ledger.add(of("v", "b"));
  expect(ledger.leftBehind()).toEqual([
    { name: NAME, app_id: "a", may_exist: true },
    { name: NAME, app_id: "b" },
  ]);
  ledger.add(of("u", "a"), { certain: true, at: 7 });
  expect(ledger.entriesOf(NAME)).toEqual([
    { name: NAME, appId: "b", vmUuid: "v", certain: true, madeAt: null },
    { name: NAME, appId: "a", vmUuid: "u", certain: true, madeAt: 7 },
  ]);
  expect(ledger.entriesOf("other")).toEqual([]);
  ledger.remove(of("v", "b"));
  expect(ledger.leftBehind()).toEqual([{ name: NAME, app_id: "a" }]);
  ledger.touched = true;
  expect(ledger.touched).toBe(true);
});

test("a replica of what was made is named once it is seen; what has no app_id yet has none", () => {
  const ledger = new Ledger();
  ledger.add(of("u", "a"));
  ledger.see(of("v", "a"));
  ledger.see(of("w", "b", "other"));
  expect(ledger.entries.map(({ vmUuid }) => vmUuid)).toEqual(["u", "v"]);
  const early = new Ledger();
  early.add(of("u", null));
  early.see(of("v", null, "other"));
  expect(early.entries.map(({ vmUuid }) => vmUuid)).toEqual(["u"]);
});

test("what is left has its price, where its type and the type's price are known", () => {
  const ledger = new Ledger();
  ledger.add({ name: "a", appId: "1", vmUuid: null });
  ledger.add({ name: "b", appId: "2", vmUuid: null });
  ledger.learnType("a", "tdx.small");
  ledger.learnType("a", null);
  ledger.learnType("b", "tdx.huge");
  ledger.learnPrices(new Map([["tdx.small", 0.058]]));
  expect(ledger.leftBehind()).toStrictEqual([
    { name: "a", app_id: "1", usd_per_hour: 0.058 },
    { name: "b", app_id: "2" },
  ]);
});

test("what was there before is paid for, and not left behind by this run", () => {
  const ledger = new Ledger();
  ledger.learnPrices(new Map([["tdx.small", 0.058]]));
  ledger.meet("a", "tdx.small");
  ledger.meet("a", "tdx.small");
  ledger.meet("b", null);
  expect(ledger.metBefore()).toStrictEqual([
    { name: "a", usdPerHour: 0.058 },
    { name: "b", usdPerHour: undefined },
  ]);
  expect(ledger.leftBehind()).toEqual([]);
});

test("the cluster is the one that the run is about", () => {
  const ledger = new Ledger();
  expect(ledger.cluster).toBeUndefined();
  ledger.cluster = "bird";
  expect(ledger.cluster).toBe("bird");
});

test("one that was made and seen since is no longer one that may be invisible", () => {
  const ledger = new Ledger();
  ledger.add({ name: "a", appId: "1", vmUuid: null }, { certain: false, at: 5 });
  ledger.add({ name: "b", appId: "2", vmUuid: null }, { certain: false, at: 5 });
  ledger.see({ name: "a", appId: "1", vmUuid: "u" });
  ledger.see({ name: "c", appId: "3", vmUuid: null });
  expect(ledger.entries.map(({ name, certain, madeAt }) => [name, certain, madeAt])).toEqual([
    ["b", false, 5],
    ["a", true, null],
  ]);
});

test("whether anything was called for, and whether a registry was", () => {
  const ledger = new Ledger();
  expect([ledger.touched, ledger.approving]).toEqual([false, false]);
  ledger.touched = true;
  expect([ledger.touched, ledger.approving]).toEqual([true, false]);
  ledger.approving = true;
  expect(ledger.approving).toBe(true);
});
