/** Every code with its texts: from the sections of docs/errors.md and the table of docs/compose.md. */
import { FINDING_CODES, severitiesOf, type FindingCode } from "../../compose/catalogue.ts";
import type { Rendered } from "../../core/command-hint.ts";
import { CATALOGUE, type Role } from "../../errors/catalogue.ts";
import { EXIT_CODES } from "../../errors/exit-codes.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { findPage, pathOf } from "../../lib/docs-pages.ts";
import type { ExplainedCode } from "./result.ts";

/** Its remedy has commands between backticks, as the docs have them. */
export type CodeInDocs = Rendered<ExplainedCode>;

/** In the catalogue's order, those of compose files last. */
export function allCodes(): readonly CodeInDocs[] {
  const sections = sectionsOf(requirePage("errors"));
  const own = Object.entries(CATALOGUE).map(([code, roles]) =>
    describe(code, roles.split(" or ") as Role[], sections.get(code)),
  );
  return [...own, ...composeCodes().filter(({ code }) => !(code in CATALOGUE))];
}

/** @throws ClusterError `docs-missing` (prerequisite) where the installation was stripped of its documentation. */
function requirePage(topic: string): string {
  const page = findPage(topic);
  if (page !== undefined) return page;
  throw new ClusterError("prerequisite", "docs-missing", {
    message: `the texts of the codes are missing: ${pathOf(`${topic}.md`)}`,
    hint: "install tee-cluster again, with its docs folder",
  });
}

/** `| code | severities | cause | remedy |`. */
const ROW = /^\| `(.+?)` +\| .+? \| (.+?) +\| (.+?) +\|$/gm;

/** The findings of compose files. @throws Error where docs/compose.md has no row on one. */
export function composeCodes(): readonly CodeInDocs[] {
  const rows = new Map(
    [...requirePage("compose").matchAll(ROW)].map(([, code = "", cause = "", remedy = ""]) => [
      code,
      { cause, remedy },
    ]),
  );
  return FINDING_CODES.map((code) => describeFinding(code, rows.get(code)));
}

function describeFinding(
  code: FindingCode,
  row: Pick<CodeInDocs, "cause" | "remedy"> | undefined,
): CodeInDocs {
  if (!row) throw new Error(`docs/compose.md has no row on ${code}`);
  return {
    ...row,
    code,
    title: `Compose file: ${code.replaceAll("-", " ")}`,
    roles: ["finding"],
    exit_codes: severitiesOf(code).includes("error") ? [EXIT_CODES.prerequisite] : [],
    docs: "docs/compose.md",
  };
}

type Section = Pick<CodeInDocs, "title" | "cause" | "remedy"> & {
  /** The page with more, below docs/. */
  readonly page: string | undefined;
};

/** `Title (roles). Cause.`, an empty line, and `Remedy. See [page](page).` under each code. */
const SECTION = /^## `(.+)`\n\n([^(]+) \([^)]+\)\. ([^]+?)\n\n([^]+?)(?:\sSee\s\[(.+)\]\(.+\)\.)?$/;

function sectionsOf(page: string): ReadonlyMap<string, Section> {
  const sections = page.split(/\n+(?=## |<!-- )/).map((text) => SECTION.exec(text) ?? []);
  return new Map(
    sections.map(([, code = "", title = "", cause = "", remedy = "", more]) => [
      code,
      { title: oneLine(title), cause: oneLine(cause), remedy: oneLine(remedy), page: more },
    ]),
  );
}

const oneLine = (text: string): string => text.trim().replaceAll("\n", " ");

/** @throws Error where docs/errors.md has no section on the code. */
function describe(code: string, roles: readonly Role[], section: Section | undefined): CodeInDocs {
  if (!section) throw new Error(`docs/errors.md has no section on ${code}`);
  const { title, cause, remedy, page = `errors.md#${code}` } = section;
  const exits = roles.flatMap((role) =>
    role === "finding" ? [] : EXIT_CODES[role === "warning" ? "verification" : role],
  );
  return {
    code,
    title,
    roles,
    exit_codes: [...new Set(exits)],
    cause,
    remedy,
    docs: `docs/${page}`,
  };
}
