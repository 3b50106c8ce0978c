import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { harness } from "./harness.ts";

beforeEach(() => {
  vi.useFakeTimers({
    now: 0,
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("progress as lines", () => {
  test("what a check's line has said is no warning of its own, neither then nor at the end", () => {
    const { emit, err } = harness();
    const check = {
      id: "credit",
      title: "Account has credit",
      kind: "prerequisite",
      severity: "warning",
      status: "failed",
      detail: "$0.10 left",
      remedy: "top up",
    } as const;
    emit({ type: "check-finished", check });
    const before = err.text;
    expect(before).toContain("$0.10 left");
    emit({ type: "warning", warning: { code: "credit", message: "$0.10 left; top up" } });
    expect(err.text).toBe(before);
    emit({ type: "warning", warning: { code: "credit", message: "$0.05 left; top up" } });
    expect(err.text).toContain("$0.05 left");
  });

  test("one line per event", () => {
    const { emit, out, err } = harness();
    emit(
      { type: "run-started", command: "init", headline: "Setting up cluster bird-tracker" },
      { type: "step-started", step: "verify-prerequisites" },
      {
        type: "check-finished",
        check: {
          id: "phala-cli",
          title: "Phala CLI",
          kind: "prerequisite",
          severity: "error",
          status: "passed",
          detail: "1.1.18",
        },
      },
      {
        type: "check-finished",
        check: {
          id: "credit",
          title: "Credit",
          kind: "prerequisite",
          severity: "warning",
          status: "failed",
          detail: "2.10 USD left",
          remedy: "top up at https://cloud.phala.network",
        },
      },
      {
        type: "check-finished",
        check: {
          id: "compose-lint",
          title: "Runner compose file",
          kind: "prerequisite",
          severity: "error",
          status: "failed",
          detail: "runner.yml: no such file",
          remedy: "tee-cluster init --runner-compose <path>",
        },
      },
      {
        type: "check-finished",
        check: {
          id: "clock",
          title: "Name",
          kind: "prerequisite",
          severity: "error",
          status: "skipped",
          detail: "",
        },
      },
      {
        type: "step-finished",
        step: "verify-prerequisites",
        status: "done",
        durationMs: 812,
        summary: "",
      },
      { type: "step-started", step: "deploy-registry" },
      {
        type: "step-finished",
        step: "deploy-registry",
        status: "reused",
        durationMs: 2100,
        summary: "bird-tracker-registry on prod10",
      },
      { type: "warning", warning: { code: "clock", message: "first line\nsecond line" } },
      { type: "note", message: "a note" },
      { type: "detail", message: "GET /cvms 200" },
      { type: "step-started", step: "wait-for-registry" },
      { type: "step-failed", step: "wait-for-registry", durationMs: 605_000, message: "no answer" },
      { type: "cleanup", message: "Deleting bird-tracker-runner-temp" },
    );
    expect(out.text).toBe("");
    expect(err.text).toMatchInlineSnapshot(`
      "Setting up cluster bird-tracker
      [1/10] Verify prerequisites
        ok    Phala CLI: 1.1.18
        warn  Credit: 2.10 USD left
              top up at https://cloud.phala.network
        FAIL  Runner compose file: runner.yml: no such file
              tee-cluster init --runner-compose <path>
        skip  Name
      [1/10] Verify prerequisites: done (0.8s)
      [3/10] Deploy registry CVM
      [3/10] Deploy registry CVM: reused (2.1s): bird-tracker-registry on prod10
      Warning: first line
        second line
      a note
      [4/10] Wait for the registry
      [4/10] Wait for the registry: failed (10m 05s): no answer
      Deleting bird-tracker-runner-temp
      "
    `);
  });

  test("details with --verbose only, numbers in init only", () => {
    const { emit, err } = harness({ verbose: true });
    emit(
      { type: "run-started", command: "renew", headline: "Renewing" },
      { type: "detail", message: "GET /cvms 200" },
      { type: "step-started", step: "read-compose-hash" },
    );
    expect(err.text).toBe("Renewing\n  GET /cvms 200\nRead the compose hash\n");
  });

  test("a wait is told every ten seconds at most, and only when it changes", () => {
    const { emit, err } = harness();
    const wait = (message: string): void =>
      emit({ type: "step-progress", step: "wait-for-registry", message });
    emit(
      { type: "run-started", command: "init", headline: "Go" },
      { type: "step-started", step: "wait-for-registry" },
    );
    const answers = [
      "starting",
      "starting",
      "502",
      "502",
      "502",
      "502",
      "502",
      "502",
      "502",
      "502",
      "502",
      "502",
    ];
    for (const answer of answers) {
      wait(answer);
      vi.advanceTimersByTime(2000);
    }
    wait("one last word before a long silence");
    vi.advanceTimersByTime(60_000);
    expect(err.text).toBe(
      [
        "Go",
        "[4/10] Wait for the registry",
        "[4/10] Wait for the registry: 502 (10.0s)",
        "[4/10] Wait for the registry: one last word before a long silence (24.0s)",
        "[4/10] Wait for the registry: one last word before a long silence (54.0s)",
        "[4/10] Wait for the registry: one last word before a long silence (1m 24s)",
        "",
      ].join("\n"),
    );
  });

  test("a step that says nothing is heard of every thirty seconds", () => {
    const { emit, err } = harness();
    emit(
      { type: "run-started", command: "init", headline: "Go" },
      { type: "step-started", step: "deploy-registry" },
    );
    vi.advanceTimersByTime(65_000);
    expect(err.text).toBe(
      [
        "Go",
        "[3/10] Deploy registry CVM",
        "[3/10] Deploy registry CVM: in progress (30.0s)",
        "[3/10] Deploy registry CVM: in progress (1m 00s)",
        "",
      ].join("\n"),
    );
  });

  test("what was waiting to be said dies with the step, and with close()", () => {
    const { emit, err, reporter } = harness();
    emit(
      { type: "step-started", step: "verify-registry" },
      { type: "step-progress", step: "verify-registry", message: "old news" },
      {
        type: "step-finished",
        step: "verify-registry",
        status: "done",
        durationMs: 1,
        summary: "healthy",
      },
      { type: "step-started", step: "write-orchestrator-config" },
      { type: "step-progress", step: "write-orchestrator-config", message: "never said" },
    );
    reporter.close();
    reporter.close();
    vi.advanceTimersByTime(60_000);
    expect(vi.getTimerCount()).toBe(0);
    expect(err.text).not.toMatch(/old news|never said/);
  });

  test("nothing at all with --quiet", () => {
    const { emit, err } = harness({ quiet: true, verbose: true });
    emit(
      { type: "run-started", command: "init", headline: "Go" },
      { type: "note", message: "a note" },
      { type: "detail", message: "detail" },
      { type: "warning", warning: { code: "clock", message: "warning" } },
      { type: "cleanup", message: "cleanup" },
    );
    expect(err.text).toBe("");
  });
});

describe("a prompt owns the terminal", () => {
  test("events wait for resume(), and close() loses none", () => {
    const { emit, err, reporter } = harness();
    reporter.pause();
    emit({ type: "note", message: "first" });
    expect(err.text).toBe("");
    reporter.resume();
    expect(err.text).toBe("first\n");
    reporter.pause();
    emit({ type: "note", message: "second" });
    reporter.close();
    expect(err.text).toBe("first\nsecond\n");
  });
});

describe("when lines are chosen though stderr is a terminal", () => {
  const ESCAPE = "\u001b";
  const utf8 = { LANG: "C.UTF-8", TERM: "xterm" };
  test.each([
    ["--no-color", { color: false, environment: utf8 }],
    ["--json", { json: true, environment: utf8 }],
    ["NO_COLOR", { environment: { ...utf8, NO_COLOR: "1" } }],
    ["TERM=dumb", { environment: { ...utf8, TERM: "dumb" } }],
    ["CI", { environment: { ...utf8, CI: "true" } }],
  ])("%s", (_name, options) => {
    const { emit, err } = harness({ tty: true, ...options });
    emit(
      { type: "run-started", command: "init", headline: "Go" },
      { type: "step-started", step: "deploy-registry" },
      {
        type: "step-finished",
        step: "deploy-registry",
        status: "done",
        durationMs: 100,
        summary: "there",
      },
    );
    expect(err.text).toBe(
      "Go\n[3/10] Deploy registry CVM\n[3/10] Deploy registry CVM: done (0.1s): there\n",
    );
    expect(err.text).not.toContain(ESCAPE);
  });
});

test("a wait that goes on as before is told every 30 s, one that changes sooner", () => {
  const { emit, err } = harness();
  emit({ type: "step-started", step: "wait-for-registry" });
  const look = (seen: string, seconds: number): void =>
    emit({
      type: "step-progress",
      step: "wait-for-registry",
      message: `${seen} (${seconds}s of 10m)`,
    });
  for (let seconds = 2; seconds <= 76; seconds += 2) {
    vi.advanceTimersByTime(2000);
    look(seconds < 74 ? "starting" : "unhealthy", seconds);
  }
  const told = err.text
    .split("\n")
    .flatMap((line) => /: (\w+ \(.* of 10m\))$/.exec(line)?.[1] ?? []);
  expect(told).toEqual(["starting (8s of 10m)", "starting (38s of 10m)", "starting (68s of 10m)"]);
  vi.advanceTimersByTime(6000);
  expect(err.text).toContain("unhealthy (76s of 10m)");
});
