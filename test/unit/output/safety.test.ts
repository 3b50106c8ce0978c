import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { Redactor } from "../../../src/core/redact.ts";
import { renderResult } from "../../helpers/render.ts";
import { SafeStream } from "../../../src/output/output.ts";
import { createReporter } from "../../../src/output/create-reporter.ts";
import type { RunEvent } from "../../../src/core/events.ts";
import { FAILURE, INIT, MemoryStream, harness, screenOf } from "./harness.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCY";
const FORMS = [
  SECRET,
  Buffer.from(SECRET).toString("base64"),
  Buffer.from(SECRET).toString("base64url"),
  Buffer.from(SECRET).toString("hex"),
  encodeURIComponent(SECRET),
];
const EVIL = `bird\u001b[2J\u001b[1;1H\u009b31m\u001b]0;owned\u0007\u202e\rtracker\u0008`;

function everyEvent(text: string): RunEvent[] {
  return [
    { type: "run-started", command: "init", headline: text },
    { type: "step-started", step: "deploy-registry" },
    { type: "step-progress", step: "deploy-registry", message: text },
    { type: "activity", message: text },
    {
      type: "check-finished",
      check: {
        id: "clock",
        title: text,
        kind: "prerequisite",
        severity: "error",
        status: "failed",
        detail: text,
        remedy: text,
      },
    },
    { type: "warning", warning: { code: "clock", message: text } },
    { type: "note", message: text },
    { type: "detail", message: text },
    { type: "cleanup", message: text },
    {
      type: "step-finished",
      step: "deploy-registry",
      status: "done",
      durationMs: 1,
      summary: text,
    },
    { type: "step-failed", step: "deploy-registry", durationMs: 1, message: text },
  ];
}

describe("a secret", () => {
  const modes = [{ tty: true }, { tty: true, columns: 40 }, { tty: false }, { json: true }];
  test.each(modes.flatMap((mode) => FORMS.map((form) => [mode, form] as const)))(
    "never comes out: %j, %s",
    (mode, form) => {
      const { reporter, redactor, emit, out, err } = harness({ ...mode, verbose: true });
      redactor.add(SECRET);
      emit(...everyEvent(`before ${form} after`));
      reporter.finish({
        ...INIT,
        orchestrator_config: `/tmp/${form}`,
        warnings: [{ code: "clock", message: form }],
      });
      reporter.finish({
        ...FAILURE,
        error: { ...failure(form), hint: form },
        left_behind: [{ name: form, app_id: form }],
      });
      const all = out.text + err.text;
      expect(all).toContain("[redacted]");
      // Neither whole nor cut to the width of a line.
      expect(all).not.toContain(form.slice(0, 8));
    },
  );

  test("with an escape sequence in its middle is still one", () => {
    const { redactor, emit, err } = harness();
    redactor.add(SECRET);
    emit({ type: "note", message: `key ${SECRET.slice(0, 9)}\u001b[0m${SECRET.slice(9)}` });
    expect(err.text).toBe("key [redacted]\n");
  });

  test("that looks like a number or a word of ours breaks neither JSON nor progress", () => {
    const { reporter, redactor, emit, out, err } = harness({ json: true });
    for (const secret of ["125000", "duration_ms", "deploy-registry"]) redactor.add(secret);
    emit({ type: "step-started", step: "deploy-registry" });
    reporter.finish({
      ...INIT,
      steps: [{ number: 1, id: "verify-prerequisites", status: "done", duration_ms: 125_000 }],
    });
    expect(JSON.parse(out.text)).toMatchObject({ ok: true, steps: [{ duration_ms: 125_000 }] });
    // The words of a title may be the end of a secret.
    expect(err.text).toBe("Deploy [redacted] CVM\n");
  });
});

test("a secret in a document's keys or numbers, as somebody else's document may have it there", () => {
  const redactor = new Redactor();
  for (const secret of ["9182736455", "Key-9zQ7"]) redactor.add(secret);
  const stream = new MemoryStream(false);
  const foreign = { "Key-9zQ7": 1, list: [9182736455, { port: 9010, at: 91827364559 }] };
  new SafeStream({ stream, redactor }).document(foreign);
  expect(stream.text).not.toMatch(/9182736455|Key-9zQ7/);
  expect(JSON.parse(stream.text)).toMatchObject({ list: ["[redacted]", { port: 9010 }] });
});

function failure(message: string): { code: string; message: string; step: null } {
  return { code: "c", message, step: null };
}

describe("what comes from outside", () => {
  test("moves no cursor, sets no title, reorders nothing", async () => {
    const { reporter, emit, out, err } = harness({ verbose: true });
    emit(...everyEvent(EVIL));
    reporter.finish({ ...INIT, registry: { ...INIT.registry, node: EVIL } });
    reporter.finish({ ...FAILURE, error: { ...failure(EVIL), hint: EVIL } });
    // Nothing but newlines below the blank, and no mark that changes the direction of writing.
    expect(out.text + err.text).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    expect(err.text).toContain("birdtracker");
    const hostile = harness({ tty: true });
    hostile.emit({ type: "note", message: "stays" }, ...everyEvent(EVIL));
    hostile.reporter.close();
    expect(await screenOf(hostile.err.text)).toMatch(/^stays\nbirdtracker\n/);
  });

  test("starts no line that looks like ours", () => {
    const { emit, err } = harness();
    emit(
      { type: "note", message: "a\n[10/10] Write the orchestrator config: done" },
      {
        type: "step-finished",
        step: "deploy-registry",
        status: "done",
        durationMs: 0,
        summary: "x\r\nError: y",
      },
    );
    expect(err.text).toBe(
      "a\n  [10/10] Write the orchestrator config: done\nDeploy registry CVM: done (0.0s): x Error: y\n",
    );
  });

  test("is data in JSON: the same value, but nothing that a terminal acts upon", () => {
    const { reporter, out } = harness({ json: true });
    const result = { ...INIT, registry: { ...INIT.registry, node: EVIL } };
    reporter.finish(result);
    expect(JSON.parse(out.text)).toEqual(result);
    expect(out.text).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
  });
});

/** Fails every write the way a pipe or a disk does: later, as an event. */
function broken(code: string): Writable {
  return new Writable({
    write(_chunk, _encoding, done): void {
      done(Object.assign(new Error(`write ${code}`), { code }));
    },
  });
}

describe("a stream that takes no more", () => {
  const plain = {
    json: false,
    quiet: false,
    verbose: false,
    color: true,
    redactor: new Redactor(),
    render: renderResult,
    now: Date.now,
  };

  test("a closed pipe is nobody's business", async () => {
    const stdout = broken("EPIPE");
    const reporter = createReporter({ ...plain, stdout, stderr: broken("EPIPE") });
    reporter.emit({ type: "note", message: "one" });
    await new Promise((resolve) => setImmediate(resolve));
    reporter.emit({ type: "note", message: "two" });
    reporter.finish(INIT);
    reporter.finish(FAILURE);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stdout.destroyed).toBe(true);
  });

  test("an answer lost to a full disk is told on stderr", async () => {
    const stderr = new MemoryStream(false);
    createReporter({ ...plain, stdout: broken("ENOSPC"), stderr }).finish(INIT);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stderr.text).toBe("Error: the answer could not be written to stdout: write ENOSPC\n");
  });

  test("one that throws is survived too", () => {
    const error = Object.assign(new Error("gone"), { code: "EIO" });
    const stdout = { write: (): boolean => fail(error), on: (): undefined => undefined };
    const stderr = new MemoryStream(false);
    createReporter({ ...plain, stdout, stderr }).finish(INIT);
    expect(stderr.text).toBe("");
  });
});

function fail(error: Error): never {
  throw error;
}
