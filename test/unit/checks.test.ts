/** How checks are run: side by side, one after another where it must be, and what their results add up to. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { ALL_CHECKS, CHECK_IDS } from "../../src/checks/all-checks.ts";
import { failed, passed, type Check } from "../../src/checks/check.ts";
import { phalaEnvironmentFindings } from "../../src/checks/phala-environment.ts";
import { orchestratorConfigChecks } from "../../src/checks/orchestrator-config.ts";
import { compareVersions } from "../../src/checks/platform-checks.ts";
import { kindOfFailures, assertNoFailures, runChecks } from "../../src/checks/run-checks.ts";
import { ClusterError } from "../../src/errors/cluster-error.ts";
import type { CheckCode } from "../../src/errors/catalogue.ts";
import type { ClusterFacts } from "../../src/session/facts.ts";
import type { CheckResult } from "../../src/core/events.ts";

type Facts = { readonly signal: AbortSignal };
const facts: Facts = { signal: new AbortController().signal };

function check(id: string, more: Partial<Check<Facts>> = {}): Check<Facts> {
  return {
    id: id as CheckCode,
    title: `Title of ${id}`,
    severity: "error",
    run: async () => passed(id),
    ...more,
  };
}

const fails = async (): Promise<ReturnType<typeof failed>> => failed("is broken", "fix it");

const run = (...checks: Check<Facts>[]): Promise<readonly CheckResult[]> =>
  runChecks(checks, facts, () => undefined);
const brief = (results: readonly CheckResult[]): string[] =>
  results.map(({ id, status }) => `${id} ${status}`);

const noRegistry = async (): Promise<object> => ({ kind: "absent" });

test.each([
  ["a tab", "infrastructure:\n\trunner: 1\n", /line 2 is indented with a tab/],
  [
    "another runner's type",
    "infrastructure:\n  runner:\n    type: local\n",
    /runners of type "local"/,
  ],
])("an orchestrator.yml with %s is bad content, not another cluster's", async (_, text, says) => {
  const folder = await mkdtemp(path.join(tmpdir(), "tee-cluster-checks-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const orchestratorConfig = path.join(folder, "orchestrator.yml");
  await writeFile(orchestratorConfig, text);
  const cluster = { clusterName: "bird-tracker", orchestratorConfig, orchestratorSchema: "v1" };
  const connection = { phalaApiUrl: "https://cloud-api.phala.network" };
  const answers = { cvms: async () => [], registry: noRegistry, given: new Set() };
  const world = { ...facts, cluster, connection, env: {}, ...answers };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that these checks read
  const given = world as unknown as ClusterFacts;
  const results = await runChecks(orchestratorConfigChecks, given, () => undefined);
  expect(brief(results).slice(1, 3)).toEqual([
    "orchestrator-config-of-another-cluster skipped",
    "orchestrator-config-content failed",
  ]);
  expect(results[2]?.detail).toMatch(says);
});

describe("running checks", () => {
  test("the results are in the list's order, and reported as they come", async () => {
    const order: string[] = [];
    const slow = check("slow", { run: async () => delay(20, passed("")) });
    const results = await runChecks([slow, check("quick")], facts, ({ id }) => order.push(id));
    expect(brief(results)).toEqual(["slow passed", "quick passed"]);
    expect(order).toEqual(["quick", "slow"]);
  });

  test("what comes after a failure says so, and is not run; a warning stops nothing", async () => {
    let ran = false;
    const after = check("b", { after: ["a"], run: async () => ((ran = true), passed("")) });
    const results = await run(check("a", { run: fails }), after, check("c", { after: ["b"] }));
    expect(brief(results)).toEqual(["a failed", "b skipped", "c passed"]);
    expect(results[1]?.detail).toBe("needs: Title of a");
    expect(ran).toBe(false);
    const warned = await run(
      check("a", { severity: "warning", run: fails }),
      check("b", { after: ["a"] }),
    );
    expect(brief(warned)).toEqual(["a failed", "b passed"]);
  });

  test("a check that breaks has failed, with a remedy, and says of no conflict; an interruption comes through", async () => {
    const hint = "do this";
    const error = new ClusterError("prerequisite", "api-key-refused", {
      message: "no",
      hint,
    });
    const broken = check("a", { kind: "conflict", run: () => Promise.reject(error) });
    const found = { status: "failed", detail: "no", remedy: hint, kind: "prerequisite" };
    expect(await run(broken)).toMatchObject([found]);
    const signal = AbortSignal.abort(new Error("Ctrl-C"));
    await expect(runChecks([broken], { signal }, () => undefined)).rejects.toThrow("Ctrl-C");
  });
});

describe("what failures add up to", () => {
  test.each<[CheckResult["kind"][], CheckResult["kind"]]>([
    [["conflict"], "conflict"],
    [["conflict", "prerequisite"], "prerequisite"],
    [["conflict", "prerequisite", "input"], "input"],
  ])("%j is %s", async (kinds, expected) => {
    const failures = await run(
      ...kinds.map((kind, index) => check(`c${index}`, { kind, run: fails })),
    );
    expect(kindOfFailures(failures)).toBe(expected);
    expect(() => assertNoFailures(failures, false)).toThrow(
      expect.objectContaining({ kind: expected }),
    );
  });

  test("warnings count with --strict alone", async () => {
    const warned = await run(check("a", { severity: "warning", run: fails }));
    expect(() => assertNoFailures(warned, false)).not.toThrow();
    expect(() => assertNoFailures(warned, true)).toThrow(expect.objectContaining({ code: "a" }));
  });
});

test("ids are unique, and a check comes after earlier ones only", () => {
  expect(new Set(CHECK_IDS).size).toBe(CHECK_IDS.length);
  const seen = new Set<string>();
  for (const { id, after = [] } of ALL_CHECKS) {
    expect(
      after.filter((earlier) => !seen.has(earlier)),
      id,
    ).toEqual([]);
    seen.add(id);
  }
});

test.each([
  ["1.1.18", "1.1.18", 0],
  ["1.1.9", "1.1.18", -1],
  ["1.2.0", "1.1.18", 1],
  ["2.0.0", "1.99.99", 1],
])("version %s to %s: %i", (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
});

describe("variables that phala reads", () => {
  const API = "https://api.example";
  const found = (env: NodeJS.ProcessEnv): string[] =>
    phalaEnvironmentFindings(env, API).flatMap(({ status, message }) =>
      status === "failed" ? [message] : [],
    );

  test.each<NodeJS.ProcessEnv>([
    {},
    { PHALA_API_KEY: "k", PHALA_API_URL: "u", PHALA_BIN: "b", PHALA_DISABLE_UPDATE_CHECK: "1" },
    { PHALA_API_KEY: "k", PHALA_CLOUD_API_KEY: "k", PHALA_CLOUD_API_PREFIX: `${API}/api/v1/` },
    { PHALA_CLOUD_API_KEY: "the only one", DSTACK_EMPTY: "" },
  ])("%j does no harm", (env) => {
    expect(found(env)).toEqual([]);
  });

  test("another platform, another account, and what nobody knows; no value is shown", () => {
    const env = {
      PHALA_API_KEY: "one",
      PHALA_CLOUD_API_KEY: "hunter2",
      PHALA_CLOUD_API_PREFIX: "https://hunter2.example",
      PHALA_CLOUD_DIR: "/hunter2",
      DSTACK_X: "hunter2",
    };
    const details = found(env);
    expect(details.map((detail) => detail.split(" ")[0])).toEqual([
      "DSTACK_X",
      "PHALA_CLOUD_API_KEY",
      "PHALA_CLOUD_API_PREFIX",
      "PHALA_CLOUD_DIR",
    ]);
    expect(details.join()).not.toContain("hunter2");
  });
});
