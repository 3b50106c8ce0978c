import { expect, test } from "vitest";
import {
  anySuccess,
  findAnswer,
  loginAnswer,
  outcomeOf,
  type CliRun,
} from "../../../../src/platform/phala/cli-output.ts";

const run = (parts: Partial<CliRun>): CliRun => ({
  stdout: "",
  stderr: "",
  exitCode: 0,
  cutOff: undefined,
  ...parts,
});
const CREATED = {
  success: true,
  vm_uuid: "0123456789abcdef0123456789abcdef",
  name: "bird-registry",
  app_id: "app_0123456789abcdef0123456789abcdef01234567",
};

test.each([
  ["alone", JSON.stringify(CREATED)],
  ["over several lines", JSON.stringify(CREATED, null, 2)],
  [
    "with text around it",
    `Provisioning CVM...\n${JSON.stringify(CREATED)}\nUpdate available: {"v": 2}\n`,
  ],
  ["with CRLF", `Provisioning\r\n${JSON.stringify(CREATED, null, 2).replaceAll("\n", "\r\n")}\r\n`],
  [
    "with colours",
    `\u001B[32m✓\u001B[39m ${JSON.stringify(CREATED).replace(":", ":\u001B[33m")}\u001B[39m`,
  ],
  ["after another object", `{"success": false, "error": "first try"}\n${JSON.stringify(CREATED)}`],
  ["after a brace that never closes", `Error in { "x": ...\n${JSON.stringify(CREATED)}`],
  ["after braces that are no JSON", `{ success: yes }\n{"a" 1}\n${JSON.stringify(CREATED)}`],
  ["before half an object", `${JSON.stringify(CREATED)}\n{"success": true, "na`],
])("the answer is found %s", (_what, stdout) => {
  expect(findAnswer(stdout)).toEqual(CREATED);
});

test("braces and quotes within strings don't count", () => {
  const answer = { success: false, error: 'a "}" and a { and a \\' };
  expect(findAnswer(`x ${JSON.stringify(answer)} y`)).toEqual(answer);
});

test.each([
  ["nothing", ""],
  ["half an object", '{"success": true, "name": "bird'],
  ["an object without success", '{"name": "bird"}'],
  ["a list", '[{"a": 1}]'],
  ["a page", "<html>{}</html>"],
])("%s is no answer", (_what, text) => {
  expect(findAnswer(text)).toBeUndefined();
});

test("megabytes of braces are given up on quickly", () => {
  const started = performance.now();
  expect(findAnswer('{"'.repeat(2_000_000))).toBeUndefined();
  // Each brace looked at by itself would take hours.
  expect(performance.now() - started).toBeLessThan(30_000);
});

test("exit code 0 without JSON is unclear: SIGINT makes phala exit 0, and so does a missing key", () => {
  expect(outcomeOf(run({}), loginAnswer)).toMatchObject({ kind: "unclear" });
  expect(outcomeOf(run({ stdout: "Provisioning CVM x...\n" }), anySuccess)).toMatchObject({
    kind: "unclear",
  });
});

test("a success with another exit code, or of a run that was ended, is unclear", () => {
  const stdout = JSON.stringify({ success: true, deleted: true });
  expect(outcomeOf(run({ stdout, exitCode: 1 }), anySuccess)).toMatchObject({ kind: "unclear" });
  expect(outcomeOf(run({ stdout, cutOff: "interrupted" }), anySuccess)).toEqual({
    kind: "unclear",
    message: "phala was ended: interrupted",
  });
});

test("a refusal on stderr is told with code and suggestions", () => {
  const stderr = `Error in provisioning CVM:\n${JSON.stringify({
    success: false,
    error_code: "ERR-02-001",
    message: "Unknown instance type",
    suggestions: ["Use tdx.small"],
  })}`;
  expect(outcomeOf(run({ stderr, exitCode: 1 }), anySuccess)).toEqual({
    kind: "refused",
    message: "ERR-02-001 Unknown instance type; Use tdx.small",
  });
});

test("what is no JSON is shown, shortened to one line", () => {
  const stderr = `Trace\n  at x\n${"long ".repeat(400)}`;
  const outcome = outcomeOf(run({ stderr, exitCode: 7 }), anySuccess);
  expect(outcome.kind).toBe("unclear");
  expect(outcome.kind === "unclear" && outcome.message).toMatch(
    /^phala ended with exit code 7 .*: Trace at x long/,
  );
  expect(outcome.kind === "unclear" && outcome.message.length).toBeLessThan(600);
});

test.each([
  [
    "Cannot read properties of undefined (reading 'startsWith')",
    "phala could not read the API's answer (Cannot read properties of undefined (reading 'startsWith'))",
  ],
  [
    JSON.stringify([{ code: "invalid_type", path: ["resource", 0], message: "Required" }], null, 2),
    "phala could not read the API's answer (resource.0: Required)",
  ],
  ["Name is undefined here", "Name is undefined here"],
])("what phala throws at itself is explained: %s", (error, message) => {
  const stderr = JSON.stringify({ success: false, error });
  expect(outcomeOf(run({ stderr, exitCode: 1 }), anySuccess)).toEqual({ kind: "refused", message });
});
