/** Lists of codes, and what docs/errors.md has of the catalogues. */
import { markdownTable, replaceBlock } from "./blocks.ts";
import { allCodes, type CodeInDocs } from "../../src/commands/explain/codes.ts";
import { CATALOGUE } from "../../src/errors/catalogue.ts";

/** The page as people write it, with the roles and exit codes of the catalogue, and the findings of compose files. */
export function errorsPage(page: string): string {
  const [own, compose] = [
    allCodes().filter(({ code }) => code in CATALOGUE),
    allCodes().filter(({ code }) => !(code in CATALOGUE)),
  ];
  const text = own.reduce(withRoles, page);
  return replaceBlock(text, "compose-findings", compose.map(composeSection).join("\n"));
}

const withRoles = (page: string, entry: CodeInDocs): string =>
  page.replace(
    new RegExp(`^(## \`${entry.code}\`\n\n[^(]+) \\([^)]+\\)\\.`, "m"),
    `$1 (${rolesOf(entry)}).`,
  );

function rolesOf({ roles, exit_codes: exits }: CodeInDocs): string {
  return [...roles, ...(exits.length === 0 ? [] : [`exit ${exits.join(" or ")}`])].join(", ");
}

function composeSection(entry: CodeInDocs): string {
  const { code, title, cause, remedy } = entry;
  const end = /[.!?]$/.test(remedy) ? "" : ".";
  return `## \`${code}\`\n\n${title} (${rolesOf(entry)}). ${cause}\n\n${remedy}${end} See [compose.md](compose.md).\n`;
}

/** The codes that a failure can have, by exit code. */
export function codesByExit(): string {
  const codes = allCodes();
  const exits = [...new Set(codes.flatMap((entry) => entry.exit_codes))].toSorted((a, b) => a - b);
  return exits
    .map((exit) => `- **${exit}**: ${named(codes.filter((entry) => endsWith(entry, exit)))}`)
    .join("\n");
}

const endsWith = ({ exit_codes: exits, roles }: CodeInDocs, exit: number): boolean =>
  exits.includes(exit) && roles.some((role) => role !== "finding");

const named = (codes: readonly CodeInDocs[]): string =>
  codes.map(({ code }) => `\`${code}\``).join(", ");

/** What can stand in `warnings[].code`, but for the ids of checks. */
export function warningTable(): string {
  const warnings = allCodes().filter(
    ({ roles, title }) => roles.includes("warning") && !title.startsWith("Check: "),
  );
  return markdownTable(
    ["code", ""],
    warnings.map(({ code, title, cause }) => [`\`${code}\``, `${title}. ${cause}`]),
  );
}
