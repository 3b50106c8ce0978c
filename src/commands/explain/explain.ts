/** `explain`: what a code means, why it happens and what to do about it. */
import { command, hint, hintFromDocs, type Rendered } from "../../core/command-hint.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { closest } from "../../lib/closest.ts";
import type { ExplainResult, ExplainedCode } from "./result.ts";
import { CATALOGUE as COMPOSE } from "../../compose/catalogue.ts";
import { CATALOGUE } from "../../errors/catalogue.ts";
import type { Entry, Role } from "../../errors/catalogue/entry.ts";
import { EXIT_CODES } from "../../errors/exit-codes.ts";

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

/** With commands between backticks, as the docs have them. */
export type CodeInDocs = Rendered<ExplainedCode>;

/** In the catalogue's order, those of compose files last. */
export function allCodes(): readonly CodeInDocs[] {
  const own = Object.entries(CATALOGUE).map(([code, entry]) => explained(code, entry));
  const compose = Object.entries(COMPOSE)
    .filter(([code]) => !(code in CATALOGUE))
    .map(([code, { severities, about, remedy }]) => ({
      code,
      title: `Compose file: ${code.replaceAll("-", " ")}`,
      roles: ["finding" as const],
      exit_codes: severities.includes("error") ? [EXIT_CODES.prerequisite] : [],
      cause: about,
      remedy,
      docs: "docs/compose.md",
    }));
  return [...own, ...compose];
}

function explained(code: string, { roles: text, title, cause, remedy, page }: Entry): CodeInDocs {
  const roles = text.split(" or ") as Role[];
  const exits = roles.flatMap((role) =>
    role === "finding" ? [] : EXIT_CODES[role === "warning" ? "verification" : role],
  );
  const docs = `docs/${page}${page === "errors.md" ? `#${code}` : ""}`;
  return { code, title, roles, exit_codes: [...new Set(exits)], cause, remedy, docs };
}
