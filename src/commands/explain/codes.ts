/** Everything that has a code: failures, warnings and findings of the catalogue, and the findings of compose files. */
import { CATALOGUE as COMPOSE } from "../../compose/catalogue.ts";
import { CATALOGUE } from "../../errors/catalogue.ts";
import type { Entry, Role } from "../../errors/catalogue/entry.ts";
import { EXIT_CODES } from "../../errors/exit-codes.ts";
import type { Rendered } from "../../core/command-hint.ts";
import type { ExplainedCode } from "./result.ts";

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
