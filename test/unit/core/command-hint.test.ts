import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import {
  AGAIN,
  command,
  hint,
  renderHint,
  type Invocation,
} from "../../../src/core/command-hint.ts";

const INVOCATION: Invocation = {
  program: "npx tee-cluster",
  argv: ["init", "--cluster-name", "bird's tracker", "--yes"],
  context: [
    { flag: "sandbox", value: undefined },
    { flag: "cluster-name", value: "bird's tracker" },
    { flag: "max-models", value: "3" },
  ],
  accepts: (name, flag) => name === "rotate-hash" && flag !== "max-models",
};
const KEEP = hint`it is yours: ${command("rotate-hash", "--keep", "ab cd")}; else look`;

test("without an invocation: as in the docs", () => {
  expect(renderHint(KEEP)).toBe("it is yours: tee-cluster rotate-hash --keep 'ab cd'; else look");
  expect(renderHint(hint`nothing was touched; ${AGAIN} later`)).toBe(
    "nothing was touched; run the same command again later",
  );
  expect(renderHint("as it is")).toBe("as it is");
});

test("with one: as the program was invoked, with the flags that the command has", () => {
  expect(renderHint(KEEP, INVOCATION)).toBe(
    String.raw`it is yours: npx tee-cluster rotate-hash --keep 'ab cd' --sandbox --cluster-name 'bird'\''s tracker'; else look`,
  );
  expect(renderHint(hint`${command("config migrate", "a.yml")}`, INVOCATION)).toBe(
    "npx tee-cluster config migrate a.yml",
  );
});

test("a flag that the command has already is not repeated", () => {
  const other = hint`${command("rotate-hash", "--cluster-name", "other")}`;
  expect(renderHint(other, INVOCATION)).toBe(
    "npx tee-cluster rotate-hash --cluster-name other --sandbox",
  );
});

test.each([
  hint`fix it, then ${AGAIN}; it resumes`,
  "fix it, then run the same command again; it resumes",
])("the same command is the command: %s", (value) => {
  const text = renderHint(value, INVOCATION);
  expect(text).toBe(
    String.raw`fix it, then run again: npx tee-cluster init --cluster-name 'bird'\''s tracker' --yes; it resumes`,
  );
  const line = text.slice(text.indexOf("npx"), text.indexOf(";"));
  const words = execFileSync("/bin/sh", ["-c", `npx() { printf '%s\\n' "$@"; }; ${line}`], {
    encoding: "utf8",
  });
  expect(words.trim().split("\n")).toEqual(["tee-cluster", ...INVOCATION.argv]);
});
