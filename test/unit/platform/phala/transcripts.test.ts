/** What is made of recorded runs of the real CLI (scripts/record-transcripts.ts), and of distortions of one. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  anySuccess,
  loginAnswer,
  outcomeOf,
  type CliRun,
} from "../../../../src/platform/phala/cli-output.ts";

const FOLDER = new URL("../../../../fixtures/transcripts/phala-1.1.18/", import.meta.url);
const transcript = z.object({
  stdout: z.string(),
  stderr: z.string(),
  exitCode: z.number().nullable(),
});

function recorded(name: string): CliRun {
  const text = readFileSync(new URL(`${name}.json`, FOLDER), "utf8");
  return { ...transcript.parse(JSON.parse(text)), cutOff: undefined };
}

test("successes", () => {
  for (const name of ["create-ok", "update-ok", "delete-ok"]) {
    expect(outcomeOf(recorded(name), anySuccess)).toEqual({ kind: "ok", value: undefined });
  }
  expect(outcomeOf(recorded("status-ok"), loginAnswer)).toEqual({
    kind: "ok",
    value: { username: "sandbox" },
  });
});

test("no key: exit code 0, nothing printed, and still not logged in", () => {
  const run = recorded("status-no-key");
  expect(run).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  expect(outcomeOf(run, loginAnswer)).toMatchObject({ kind: "unclear" });
});

const REFUSED: readonly (readonly [name: string, reason: RegExp])[] = [
  ["create-409", /already exists/],
  ["create-422", /HTTP 422 by the sandbox/],
  ["create-bad-name", /Invalid CVM name: "bird-ends-"/],
  ["create-too-large", /Maximum allowed size is 200KB/],
  ["create-unknown-size", /Unknown instance type "tdx\.huge"/],
  ["create-unknown-node", /Node 99999 not found/],
  ["create-bad-key", /Invalid API key/],
  ["create-html", /Expected object/],
  ["create-half-json", /Expected object/],
  ["create-connection-lost-afterwards", /Failed to commit/],
  ["status-bad-key", /Invalid API key/],
  ["update-missing", /CVM not found/],
  ["delete-missing", /CVM not found/],
];

test.each(REFUSED)("%s is refused with the reason that phala gave", (name, reason) => {
  const outcome = outcomeOf(recorded(name), anySuccess);
  expect(outcome).toMatchObject({ kind: "refused", message: expect.stringMatching(reason) });
});

test("no transcript is left out of these tests", () => {
  const others = ["create-ok", "update-ok", "delete-ok", "status-ok", "status-no-key", "version"];
  const tested = [...REFUSED.map(([name]) => name), ...others].map((name) => `${name}.json`);
  expect(readdirSync(FOLDER).toSorted()).toEqual(tested.toSorted());
});

describe("the success of a create, distorted", () => {
  const run = recorded("create-ok");
  const outcome = (change: Partial<CliRun>) => outcomeOf({ ...run, ...change }, anySuccess);

  test.each([
    ["Windows line ends", run.stdout.replaceAll("\n", "\r\n")],
    ["colours", run.stdout.replaceAll('"', '\u001B[32m"\u001B[39m')],
    ["on one line", run.stdout.replaceAll(/\n\s*/g, "")],
    ["an unfinished object before it", `{"success": tr\n${run.stdout}`],
    [
      "braces and quotes in a string",
      run.stdout.replace('"success"', '"note": "a \\"}{ b", "success"'),
    ],
  ])("%s: read all the same", (_what, stdout) => {
    expect(outcome({ stdout })).toEqual({ kind: "ok", value: undefined });
  });

  test("the last word counts: a failure after a success is a failure", () => {
    const stdout = `${run.stdout}{"success": false, "error": "rolled back"}\n`;
    expect(outcome({ stdout, exitCode: 1 })).toEqual({ kind: "refused", message: "rolled back" });
  });

  test.each([
    ["cut off in the middle of its JSON", { stdout: run.stdout.slice(0, 90) }],
    ["ended by a signal after it had answered", { cutOff: "signal SIGTERM" }],
    ["success as a text", { stdout: run.stdout.replace("true", '"true"') }],
  ])("%s: neither a success nor a refusal", (_what, change) => {
    expect(outcome(change)).toMatchObject({ kind: "unclear" });
  });
});
