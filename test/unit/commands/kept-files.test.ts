/** The answers that the wizard saves: what they leave out. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { keptFiles } from "../../../src/commands/init/kept-files.ts";
import { settingsTexts } from "../../../src/inputs/as-text.ts";
import type { Answers } from "../../../src/inputs/resolve.ts";
import type { ClusterSettings } from "../../../src/core/settings.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const WITH_KEY = { type: "onchain", url: "https://rpc.example/v2/pR0videRk3ypR0videRk3y" } as const;
const WITHOUT = { type: "onchain", url: "https://rpc.example/mainnet" } as const;

const answersWith = (watcher: typeof WITH_KEY | typeof WITHOUT): Answers =>
  ({
    values: { clusterName: "bird", watcher },
    origins: { clusterName: "flag", watcher: "flag" },
    variables: {},
  }) as unknown as Answers;

test.each([
  [WITH_KEY, ["watcher"]],
  [WITHOUT, []],
])("a watcher of %j: left out and named, or saved", async (watcher, leftOut) => {
  const file = path.join(await temporaryFolder(), "tee-cluster.yml");
  const kept = await keptFiles({ sandboxExamples: async () => ({}) });
  expect(await kept.save(answersWith(watcher), file)).toEqual(leftOut);
  const text = await readFile(file, "utf8");
  expect(text).toContain("\ncluster-name: bird\n");
  expect(text.includes(watcher.url)).toBe(leftOut.length === 0);
});

const recorded = (watcher: ClusterSettings["watcher"]) =>
  settingsTexts({ watcher } as ClusterSettings, "eu-west-1");

test("nor does the record keep it", () => {
  expect(recorded(WITH_KEY)).toEqual({ "aws-region": "eu-west-1" });
  expect(recorded(WITHOUT)).toMatchObject({ watcher: "onchain:https://rpc.example/mainnet" });
});
