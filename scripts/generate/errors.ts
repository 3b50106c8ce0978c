/** docs/errors.md, from the catalogues. */
import { markdownTable } from "./blocks.ts";
import { allCodes, type CodeInDocs } from "../../src/commands/explain/explain.ts";

const INTRODUCTION = `# Error codes

<!-- Generated from src/errors/catalogue and src/compose/catalogue.ts: npm run generate -->

Every failure, warning and finding has a stable code; \`tee-cluster explain CODE\` shows the same text.
A failure ends the run with the exit code shown (4 if the run had changed something before a failure of
2 or 3). A warning ends it only with \`--strict\`, with exit 7. A finding is something that \`status\` or \`doctor\` reports.
`;

export function errorsPage(): string {
  const codes = allCodes().toSorted((a, b) => (a.code < b.code ? -1 : 1));
  return [INTRODUCTION, ...codes.map(section)].join("\n");
}

function section({
  code,
  title,
  roles,
  exit_codes: exits,
  cause,
  remedy,
  docs,
}: CodeInDocs): string {
  const exit = exits.length === 0 ? "" : `, exit ${exits.join(" or ")}`;
  const more = docs.startsWith("docs/errors.md")
    ? ""
    : ` See [${docs.slice(5)}](${docs.slice(5)}).`;
  return `## \`${code}\`\n\n${title} (${roles.join(", ")}${exit}). ${cause}\n\n${remedy}${/[.!?]$/.test(remedy) ? "" : "."}${more}\n`;
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
