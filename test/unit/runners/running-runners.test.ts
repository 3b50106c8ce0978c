/** Which of the runners that are up is the newest: a CVM itself need not tell. */
import { expect, test } from "vitest";
import type { Cvm } from "../../../src/core/domain.ts";
import type { CloudApi, CvmOperation, OperationsLookup } from "../../../src/core/ports.ts";
import { newestFirst } from "../../../src/runners/running-runners.ts";

const runner = (name: string, createdAt: string | null = null): Cvm =>
  ({ name, vmUuid: `${name}-uuid`, createdAt }) as Cvm;
const operation = (type: string, startedAt: string): CvmOperation =>
  ({ type, startedAt }) as CvmOperation;

const order = async (
  runners: readonly Cvm[],
  listed: Readonly<Record<string, OperationsLookup>>,
): Promise<readonly string[]> => {
  const operations: CloudApi["operations"] = async (id) =>
    listed[id] ?? { kind: "unknown", reason: "HTTP 502" };
  const api = { operations } as CloudApi;
  const ordered = await newestFirst(runners, api, new AbortController().signal);
  return ordered.map(({ name }) => name);
};

const made = (...value: readonly CvmOperation[]): OperationsLookup => ({
  kind: "present",
  value,
});

test("the operations list says when each was made; an update makes none younger", async () => {
  const listed = {
    "a-uuid": made(operation("update", "2026-03-09"), operation("create", "2026-03-01")),
    "b-uuid": made(operation("create", "2026-03-05")),
  };
  const runners = ["a", "b"].map((name) => runner(name));
  expect(await order([...runners, runner("c", "2026-03-03"), runner("d")], listed)).toEqual([
    "b",
    "c",
    "a",
    "d",
  ]);
});

test("of two the newer comes first; an update says nothing of when a runner was made", async () => {
  const listed = { "a-uuid": made(operation("update", "2026-03-09")) };
  const runners = [runner("a", "2026-03-01"), runner("b", "2026-03-05")];
  expect(await order(runners, listed)).toEqual(["b", "a"]);
});

test("one alone is asked for nothing", async () => {
  const api = {} as CloudApi;
  const only = [runner("a")];
  expect(await newestFirst(only, api, new AbortController().signal)).toBe(only);
});
