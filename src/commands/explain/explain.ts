/** `explain`: what a code means, why it happens and what to do about it. */
import { command, hint, hintFromDocs } from "../../core/command-hint.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { closest } from "../../lib/closest.ts";
import { allCodes } from "./codes.ts";
import type { ExplainResult } from "./result.ts";

/** @throws ClusterError `unknown-code` (input), with the nearest one that exists. */
export function explain(code: string | undefined): ExplainResult {
  const all = allCodes();
  const codes = code === undefined ? all : all.filter((entry) => entry.code === code.toLowerCase());
  if (codes.length === 0)
    throw unknownCode(
      code ?? "",
      all.map((entry) => entry.code),
    );
  const shown = codes.map((entry) => ({ ...entry, remedy: hintFromDocs(entry.remedy) }));
  return { ok: true, command: "explain", codes: shown, warnings: [] };
}

function unknownCode(code: string, known: readonly string[]): ClusterError {
  const meant = closest(code, known);
  return new ClusterError("input", "unknown-code", {
    message: `unknown code: ${JSON.stringify(code)}`,
    hint:
      meant === undefined
        ? hint`see all codes: ${command("explain")}`
        : hint`did you mean: ${command("explain", meant)}`,
  });
}
