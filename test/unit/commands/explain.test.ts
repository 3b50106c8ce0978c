/** `explain`: what every code means, and which one was probably meant. */
import { describe, expect, test } from "vitest";
import { allCodes, explain } from "../../../src/commands/explain/explain.ts";
import { renderExplain } from "../../../src/commands/explain/render.ts";
import { renderHint, renderHints } from "../../../src/core/command-hint.ts";
import { ClusterError } from "../../../src/errors/cluster-error.ts";
import { createTheme } from "../../../src/output/theme.ts";

const view = {
  theme: createTheme({ color: false, unicode: true }),
  columns: 60,
  quiet: false,
  hint: renderHint,
};

function refusalOf(code: string): ClusterError {
  try {
    explain(code);
  } catch (error) {
    if (error instanceof ClusterError) return error;
  }
  throw new Error(`${code} was explained`);
}

describe("one code", () => {
  test("has its exit codes, the cause and the remedy", () => {
    const { codes } = explain("registry-name");
    expect(codes).toMatchObject([
      { code: "registry-name", roles: ["conflict", "prerequisite"], exit_codes: [6, 3] },
    ]);
    expect(explain("CLOCK").codes[0]).toMatchObject({ code: "clock", exit_codes: [3, 7] });
    expect(explain("build-local").codes[0]).toMatchObject({
      roles: ["finding"],
      docs: "docs/compose.md",
    });
  });

  test("is shown within the width, without the marks of Markdown", () => {
    const lines = renderExplain(renderHints(explain("lookup-failed"), undefined), view);
    expect(lines[0]).toBe("lookup-failed: A look-up failed");
    expect(lines[1]).toBe("  platform, finding; exit code 4");
    expect(lines).toContain("What to do");
    expect(lines).toContain("See docs/reliability.md");
    expect(lines.filter((line) => line.length > 60 || line.includes("`"))).toEqual([]);
  });

  test.each([
    ["registry-exist", "did you mean: tee-cluster explain registry-exists"],
    ["zzzzzzzzzzzz", "see all codes: tee-cluster explain"],
  ])("%s is unknown: %s", (code, advice) => {
    const failure = refusalOf(code);
    expect([failure.kind, failure.code, renderHint(failure.advice ?? "")]).toEqual([
      "input",
      "unknown-code",
      advice,
    ]);
  });
});

test("all codes are listed once, each under what it does to a run", () => {
  const known = allCodes().map(({ code }) => code);
  expect(new Set(known).size).toBe(known.length);
  const lines = renderExplain(renderHints(explain(undefined), undefined), {
    ...view,
    columns: 200,
  });
  const listed = lines
    .filter((line) => line.startsWith("  "))
    .map((line) => line.trim().split(" ")[0]);
  expect([listed.length, new Set(listed)]).toEqual([known.length, new Set(known)]);
  const heading = lines
    .slice(
      0,
      lines.findIndex((line) => line.startsWith("  wait-timed-out")),
    )
    .at(-1);
  expect(heading).toBe("Timed out");
});

test("every code has a sentence of why and of what to do", () => {
  const poor = allCodes().filter(
    ({ cause, remedy, title }) => cause.length < 15 || remedy.length < 5 || title === "",
  );
  expect(poor.map(({ code }) => code)).toEqual([]);
});
