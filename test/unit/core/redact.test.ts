/** Secrets in every form, and what a cut leaves of one. */
import { describe, expect, test } from "vitest";
import { Redactor } from "../../../src/core/redact.ts";

const SECRET = 'wJalr/X+"Utn FEMI';

function redactorOf(...secrets: readonly string[]): Redactor {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(secret);
  return redactor;
}

test.each([
  ["as it is", SECRET],
  ["in JSON", JSON.stringify(SECRET).slice(1, -1)],
  ["URL-encoded", encodeURIComponent(SECRET)],
  ["base64", Buffer.from(SECRET).toString("base64")],
  ["hex", Buffer.from(SECRET).toString("hex")],
])("%s", (_what, form) => {
  expect(redactorOf(SECRET).redact(`a ${form} b`)).toBe("a [redacted] b");
});

test("of several lines: each of them, without the blanks around it", () => {
  const redactor = redactorOf("  first line\r\nsecond line\n");
  expect(redactor.redact("> first line\n> second line")).toBe("> [redacted]\n> [redacted]");
});

test("shorter than six characters: shown", () => {
  expect(redactorOf("12345", "      ", "").redact("in 12345 ms,      late")).toBe("in 12345 ms,      late");
});

describe("a text that was cut within a secret", () => {
  const base64 = Buffer.from(SECRET).toString("base64");

  test.each([
    ["with an ellipsis", `key ${SECRET.slice(0, 9)}…`, "key [redacted]…"],
    ["with three dots", `key ${SECRET.slice(0, 6)}... (more)`, "key [redacted]... (more)"],
    ["in base64", `key ${base64.slice(0, 11)}…`, "key [redacted]…"],
    ["twice", `${SECRET.slice(0, 9)}… and ${SECRET.slice(0, 12)}…`, "[redacted]… and [redacted]…"],
  ])("%s", (_what, text, clean) => {
    expect(redactorOf(SECRET, "another secret").redact(text)).toBe(clean);
  });

  test.each([
    ["too little of it", `key ${SECRET.slice(0, 5)}…`],
    ["something in between", `key ${SECRET.slice(0, 9)} …`],
    ["no cut", `key ${SECRET.slice(0, 9)}`],
  ])("%s: left", (_what, text) => {
    expect(redactorOf(SECRET).redact(text)).toBe(text);
  });

  test("the earliest beginning counts where a secret repeats itself", () => {
    expect(redactorOf("abcabcabcabcX").redact("abcabcabc…")).toBe("[redacted]…");
  });
});
