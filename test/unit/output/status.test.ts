/** The answer of `status`, once and again and again. */
import { describe, expect, test } from "vitest";
import type { StatusResult } from "../../../src/commands/status/result.ts";
import { assess } from "../../../src/commands/status/assess.ts";
import type { InspectedCvm } from "../../../src/commands/status/inspect-cluster.ts";
import {
  appCompose,
  APPROVED,
  HASH,
  knowledgeOf,
  snapshotOf,
  NAMES,
  seen,
} from "../commands/status/facts.ts";
import { FAILURE, harness, screenOf } from "./harness.ts";

const CLEAR = "\u001b[2J";
const HOME = "\u001b[H";
const HIDE_CURSOR = "\u001b[?25l";
const NO_WRAP = "\u001b[?7l";
const AT = "2026-11-24T12:00:00.000Z";
const runner = (digits: string, change: Parameters<typeof seen>[1] = {}): InspectedCvm =>
  seen("runner", { ...change, cvm: { name: `bird-runner-${digits}`, ...change.cvm } });

function status(
  cvms: readonly InspectedCvm[],
  knowledge: Parameters<typeof knowledgeOf>[0] = {},
): StatusResult {
  const assessment = assess("bird", snapshotOf(cvms), knowledgeOf(knowledge));
  const ok = assessment.findings.every(({ severity }) => severity !== "error");
  return { ok, command: "status", cluster: "bird", at: AT, ...assessment };
}

const REFUSED = status([
  seen("registry"),
  seen("temporary-runner", {
    cvm: { createdAt: "2026-11-24T11:59:30Z", status: "starting", inProgress: true },
    health: undefined,
    capacity: undefined,
  }),
  runner("00000001"),
  runner("00000002", { runs: appCompose({ allowed_envs: [...NAMES, "DSTACK_AUTHORIZED_KEYS"] }) }),
  runner("00000003", {
    capacity: {
      kind: "answered",
      value: { acceptingNewModels: false, runningModels: 12, totalMemoryMb: 1 },
    },
  }),
  runner("00000004", {
    health: { kind: "silent", detail: "no answer: ECONNREFUSED" },
    capacity: undefined,
  }),
]);

function shown(result: StatusResult, options: Parameters<typeof harness>[0] = {}): string {
  const { reporter, out, err } = harness(options);
  reporter.finish(result);
  expect(err.text).toBe(options.tty ? "\n" : "");
  return out.text.replace(/ at \d\d:\d\d:\d\d/, " at TIME");
}

describe("at once", () => {
  test("the cluster, a table, what is wrong and what to do", () => {
    expect(shown(REFUSED)).toMatchInlineSnapshot(`
      "Cluster bird at TIME: 1 problem, 1 warning

        Registry    healthy, mode registry+runner, up 8m
        App ID      0123456789abcdef0123456789abcdef01234567
        URL         https://example.com
        Approved    21aeee49eb4c
        Local file  21aeee49eb4c approved

      NAME             STATE      AGE  NODE    MODELS   HASH          VERDICT
      registry         healthy    10m  prod10  3        21aeee49eb4c  -
      runner-temp      starting   30s  prod10  -        21aeee49eb4c  in use
      runner-00000001  healthy    10m  prod10  3        21aeee49eb4c  ✔ approved
      runner-00000002  healthy    10m  prod10  3        de9a19aa8b13  ✖ refused
      runner-00000003  healthy    10m  prod10  12 full  21aeee49eb4c  ✔ approved
      runner-00000004  no answer  10m  prod10  -        21aeee49eb4c  ✔ approved

      ✖ bird-runner-00000002 will be refused: compose hash de9a19aa8b13 is not
        approved; it differs from the approved one: environment names too many:
        DSTACK_AUTHORIZED_KEYS; caused by a public key in ~/.ssh of the user who
        deployed it
          tee-cluster status --json   # its whole hash, for rotate-hash --keep
      ! /health of bird-runner-00000004: no answer: ECONNREFUSED
          tee-cluster logs bird-runner-00000004
      – bird-runner-temp is in use: a run is in progress, here or on another machine
      "
    `);
  });

  test("never wider than 80 columns; on a wider terminal with the app_ids", () => {
    expect(
      shown(REFUSED)
        .split("\n")
        .filter((line) => line.length > 80),
    ).toEqual([]);
    const wide = shown(REFUSED, { tty: true, columns: 120, color: false });
    expect(wide).toMatch(/^NAME +APP ID +STATE/m);
    expect(shown(REFUSED)).not.toContain("APP ID    STATE");
  });

  test("on a narrow one without size and node, but never without the verdict", () => {
    const narrow = shown(REFUSED, { tty: true, columns: 60, color: false });
    expect(narrow).toMatch(/^NAME +STATE +MODELS +HASH +VERDICT$/m);
  });

  test("with a long word from outside, which is cut", () => {
    const long = status([seen("registry", { says: { status: "x".repeat(300) } })]);
    expect(shown(long)).toMatch(/^registry +x{19}… +10m/m);
  });

  test("--quiet: the problems alone", () => {
    expect(shown(REFUSED, { quiet: true })).toMatch(/^✖ bird-runner-00000002 will be refused/);
    expect(shown(REFUSED, { quiet: true })).not.toContain("NAME");
    expect(shown(status([seen("registry")]), { quiet: true })).toBe("");
  });

  test("in order; without a registry; with a list that nobody here knows", () => {
    expect(shown(status([seen("registry")]))).toContain("Cluster bird at TIME: in order\n");
    expect(shown(status([]))).toBe(
      "Cluster bird at TIME: 1 problem\n\n✖ there is no bird-registry in this account\n    tee-cluster init --cluster-name bird\n",
    );
    const record = { ...knowledgeOf().record, approvals: [] };
    const foreign = shown(
      status([seen("registry"), runner("00000001")], { record, basis: undefined }),
    );
    expect(foreign).toContain("  Approved    not known: nothing is recorded on this machine\n");
    expect(foreign).toContain(
      "  Local file  can't be predicted: no runner is recorded, and none is running\n",
    );
    expect(foreign).toMatch(/^runner-00000001 .* unknown$/m);
  });

  test("many hashes in lines of four", () => {
    const hashes = Array.from({ length: 5 }, (_, index) => `${index}`.repeat(64));
    const [first] = knowledgeOf().record.approvals;
    const record = {
      ...knowledgeOf().record,
      approvals: first ? [{ ...first, hashes: [...hashes, HASH] }] : [],
    };
    expect(shown(status([seen("registry", { runs: APPROVED })], { record }))).toContain(
      "  Approved    000000000000, 111111111111, 222222222222, 333333333333\n              444444444444, ",
    );
  });
});

const digits = (index: number): string => index.toString(16).padStart(8, "0");

describe("again and again", () => {
  const interrupted = {
    ...FAILURE,
    error: { ...FAILURE.error, code: "interrupted" },
    left_behind: [],
  };
  const fine = status([seen("registry"), runner("00000001")]);

  test("on a terminal drawn over the one before; afterwards the terminal is as it was", async () => {
    const { reporter, out, err } = harness({ tty: true });
    reporter.emit({ type: "run-started", command: "status", headline: "Looking" });
    expect(reporter.update(REFUSED, true)).toBe(true);
    reporter.update(fine, false);
    reporter.finish(interrupted);
    const screen = await screenOf(out.text);
    expect(screen).toContain("in order");
    expect(screen).not.toContain("refused");
    expect(out.text.endsWith("\u001b[?7h\u001b[?25h\n")).toBe(true);
    expect(out.text.split(CLEAR)).toHaveLength(2);
    // Ctrl-C is how it ends: nothing to explain.
    expect(err.text).toBe("\u001b[1mLooking\u001b[22m\n\n");
  });

  test("of more lines than the terminal has, both ends are on show", async () => {
    const many = Array.from({ length: 40 }, (_, index) => runner(digits(index)));
    const silent = runner("ffffffff", { health: { kind: "silent", detail: "no answer" } });
    const { reporter, out } = harness({ tty: true });
    reporter.update(status([seen("registry"), ...many, silent]), true);
    const screen = await screenOf(out.text);
    expect(screen).toMatch(/^Cluster bird at/);
    expect(screen).toMatch(/… \d+ more lines …/);
    expect(screen).toContain("/health of bird-runner-ffffffff");
  });

  test("in a log a block for each that is another one, without a control sequence", () => {
    const { reporter, out, err } = harness();
    for (const [result, changed] of [
      [fine, true],
      [fine, false],
      [REFUSED, true],
    ] as const) {
      reporter.update(result, changed);
    }
    reporter.finish(interrupted);
    expect(out.text.match(/^Cluster bird/gm)).toHaveLength(2);
    expect(out.text).toContain("\n\nCluster bird");
    expect(out.text).not.toContain("\u001b");
    expect(err.text).toBe("");
  });

  test("no cursor movement with NO_COLOR, in CI, or where --verbose writes to the same screen", () => {
    const environment = { LANG: "C.UTF-8", TERM: "xterm-256color" };
    for (const options of [
      { environment: { ...environment, NO_COLOR: "1" } },
      { environment: { ...environment, CI: "true" } },
      { verbose: true },
    ]) {
      const { reporter, out } = harness({ tty: true, ...options });
      reporter.update(fine, true);
      reporter.close();
      for (const sequence of [CLEAR, HOME, HIDE_CURSOR, NO_WRAP])
        expect(out.text).not.toContain(sequence);
    }
  });

  test("another failure is told as ever; a reader that went away is noticed", () => {
    const { reporter, out, err } = harness();
    reporter.update(fine, true);
    out.emit("error", Object.assign(new Error("gone"), { code: "EPIPE" }));
    expect(reporter.update(REFUSED, true)).toBe(false);
    reporter.finish(FAILURE);
    expect(err.text).toContain("registry-unhealthy");
  });
});
