import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { INIT, harness, screenOf } from "./harness.ts";

const HIDE = "\u001b[?25l";
const SHOW = "\u001b[?25h";

beforeEach(() => {
  vi.useFakeTimers({
    now: 0,
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The screen, with real timers: the emulator parses asynchronously. */
async function shown(bytes: string, columns = 80): Promise<string> {
  vi.useRealTimers();
  return screenOf(bytes, columns);
}

describe("the live line", () => {
  test("says what is being waited for and for how long", async () => {
    const { emit, err, reporter } = harness({ tty: true });
    emit(
      { type: "run-started", command: "init", headline: "Setting up cluster bird-tracker" },
      { type: "step-started", step: "deploy-registry" },
      { type: "step-progress", step: "deploy-registry", message: "waiting for the platform" },
    );
    vi.advanceTimersByTime(12_240);
    const during = err.text;
    emit({ type: "step-progress", step: "deploy-registry", message: "provisioning" });
    // Ten minutes in one step: each of their 5,000 frames would be drawn.
    vi.setSystemTime(Date.now() + 600_000);
    vi.advanceTimersByTime(120);
    const later = err.text;
    reporter.close();
    expect((await shown(during)).replaceAll(/[⠀-⣿]/g, "*")).toMatchInlineSnapshot(`
      "Setting up cluster bird-tracker

      * [3/10] Deploy registry CVM  12.2s  waiting for the platform"
    `);
    expect((await shown(later)).replaceAll(/[⠀-⣿]/g, "*")).toMatchInlineSnapshot(`
      "Setting up cluster bird-tracker

      * [3/10] Deploy registry CVM  10m 12s  provisioning"
    `);
    expect(await shown(err.text)).toBe("Setting up cluster bird-tracker");
  });

  test("tells what is done outside of the steps, below what has come of it", async () => {
    const { emit, err, reporter } = harness({ tty: true });
    emit({ type: "activity", message: "deleting the CVMs of bird-tracker" });
    vi.advanceTimersByTime(3_120);
    emit({ type: "note", message: "bird-tracker-runner-temp is gone" });
    const during = err.text;
    emit({ type: "activity", message: null });
    vi.advanceTimersByTime(1_000);
    const after = err.text;
    reporter.close();
    expect((await shown(during)).replaceAll(/[⠀-⣿]/g, "*")).toMatchInlineSnapshot(`
      "bird-tracker-runner-temp is gone
      * deleting the CVMs of bird-tracker  3.1s"
    `);
    expect(await shown(after)).toBe("bird-tracker-runner-temp is gone");
    expect(after.endsWith(SHOW)).toBe(true);
  });

  test.each([
    [80, "x".repeat(300)],
    [40, "waiting for https://0123456789abcdef-9010.example/health"],
    [24, "waiting"],
    [12, "waiting"],
    [60, "漢字".repeat(40)],
  ])("fits into %i columns", async (columns, message) => {
    const { emit, err, reporter } = harness({ tty: true, columns });
    emit(
      { type: "run-started", command: "init", headline: "Go" },
      { type: "step-started", step: "deploy-temporary-runner" },
      { type: "step-progress", step: "deploy-temporary-runner", message },
    );
    vi.advanceTimersByTime(5000);
    const during = err.text;
    reporter.close();
    const lines = (await shown(during, columns)).split("\n");
    expect(lines.slice(0, 2)).toEqual(["Go", ""]);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^[⠀-⣿] \[5\/10\]/);
    expect(lines[2]).toContain("…");
  });

  test("keeps a wait's limit to be seen; what is waited for gives way", async () => {
    const { emit, err, reporter } = harness({ tty: true, columns: 80 });
    const message = `starting, in progress; HTTP 502, not from spawntee (10s of 10m)`;
    emit(
      { type: "step-started", step: "wait-for-registry" },
      { type: "step-progress", step: "wait-for-registry", message },
    );
    vi.advanceTimersByTime(10_000);
    const during = err.text;
    reporter.close();
    expect(await shown(during, 80)).toMatch(/10\.\ds {2}starting, .*… \(10s of 10m\)$/);
  });

  test("leaves finished steps, checks, warnings and notes above it", async () => {
    const { emit, err, reporter } = harness({ tty: true });
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
          id: "registry-name",
          title: "Registry name",
          kind: "prerequisite",
          severity: "error",
          status: "failed",
          detail: "bird-tracker-registry is taken",
          remedy: "tee-cluster init --adopt",
        },
      },
      {
        type: "check-finished",
        check: {
          id: "clock",
          title: "Nodes",
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
        summary: "4 checks",
      },
      { type: "step-started", step: "deploy-registry" },
      { type: "warning", warning: { code: "clock", message: "the clock is 40 s behind" } },
      {
        type: "step-finished",
        step: "deploy-registry",
        status: "reused",
        durationMs: 2100,
        summary: "bird-tracker-registry on prod10",
      },
      {
        type: "step-finished",
        step: "wait-for-registry",
        status: "skipped",
        durationMs: 0,
        summary: "healthy",
      },
      { type: "step-started", step: "read-compose-hash" },
      { type: "detail", message: "not said without --verbose" },
      { type: "note", message: "a note" },
      {
        type: "step-failed",
        step: "read-compose-hash",
        durationMs: 65_000,
        message: `no hash ${"x".repeat(99)}`,
      },
      { type: "cleanup", message: "Deleting bird-tracker-runner-temp" },
    );
    reporter.close();
    expect(await shown(err.text)).toMatchInlineSnapshot(`
      "Setting up cluster bird-tracker

        ✔ Phala CLI: 1.1.18
        ! Credit: 2.10 USD left
            top up at https://cloud.phala.network
        ✖ Registry name: bird-tracker-registry is taken
            tee-cluster init --adopt
        – Nodes
      ✔ [1/10] Verify prerequisites  4 checks (0.8s)
      ! the clock is 40 s behind
      ↻ [3/10] Deploy registry CVM  bird-tracker-registry on prod10 (2.1s)
      – [4/10] Wait for the registry  healthy (0.0s)
      a note
      ✖ [6/10] Read the compose hash  no hash xxxxxxxxxxxxxxxxxxxxxxxxxxxxx… (1m 05s)
      Deleting bird-tracker-runner-temp"
    `);
  });

  test("is gone while a prompt asks, and back afterwards", async () => {
    const { emit, err, reporter } = harness({ tty: true });
    emit({ type: "step-started", step: "collect-inputs" });
    reporter.pause();
    const paused = err.text;
    emit({ type: "note", message: "said later" });
    vi.advanceTimersByTime(5000);
    expect(err.text).toBe(paused);
    expect(paused.endsWith(SHOW)).toBe(true);
    reporter.resume();
    vi.advanceTimersByTime(1000);
    const resumed = err.text;
    reporter.close();
    expect(await shown(paused)).toBe("");
    expect((await shown(resumed)).replaceAll(/[⠀-⣿]/g, "*")).toBe(
      "said later\n* Collect inputs  6.0s",
    );
  });

  test("without UTF-8 it is ASCII, ellipses in messages included", async () => {
    const environment = { LANG: "C", TERM: "xterm" };
    const { emit, err, reporter } = harness({ tty: true, columns: 60, environment });
    emit(
      { type: "run-started", command: "init", headline: "Setting up…" },
      {
        type: "step-finished",
        step: "read-compose-hash",
        status: "done",
        durationMs: 10,
        summary: "3f5a9c0e…9c0e",
      },
      { type: "step-started", step: "deploy-registry" },
      { type: "step-progress", step: "deploy-registry", message: "a…".repeat(40) },
    );
    vi.advanceTimersByTime(3000);
    const during = err.text;
    reporter.close();
    const screen = await shown(during, 60);
    expect(screen).toMatch(/^[\n -~]*$/);
    expect(screen.split("\n")).toHaveLength(4);
    expect(screen).toContain("+ [6/10] Read the compose hash  3f5a9c0e...9c0e (0.0s)");
  });
});

describe("the terminal afterwards", () => {
  test("close() stops every timer and shows the cursor, once", () => {
    const { emit, err, reporter } = harness({ tty: true });
    emit({ type: "step-started", step: "deploy-registry" });
    vi.advanceTimersByTime(500);
    expect(err.text).toContain(HIDE);
    reporter.close();
    const closed = err.text;
    reporter.close();
    vi.advanceTimersByTime(5000);
    expect(err.text).toBe(closed);
    expect(vi.getTimerCount()).toBe(0);
    expect(closed.split(HIDE)).toHaveLength(closed.split(SHOW).length);
    expect(closed.endsWith(SHOW)).toBe(true);
  });

  test("events after close() are lines and start nothing", () => {
    const { emit, err, reporter } = harness({ tty: true });
    reporter.close();
    emit(
      { type: "step-started", step: "deploy-registry" },
      { type: "cleanup", message: "left: x-runner-temp" },
    );
    vi.advanceTimersByTime(1000);
    expect(err.text).toBe("left: x-runner-temp\n");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("finish() takes the live line away before the answer", async () => {
    const { emit, out, err, reporter } = harness({ tty: true });
    emit({ type: "step-started", step: "deploy-registry" });
    reporter.finish(INIT);
    expect(vi.getTimerCount()).toBe(0);
    expect(await shown(err.text)).toBe("");
    expect(out.text).toContain("\u001b[1mCluster bird-tracker is ready.\u001b[22m");
  });
});
