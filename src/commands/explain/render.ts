/** Renders `explain`: one code in full, or all of them grouped by role. */
import { paragraph, section, table, type View } from "../../output/layout.ts";
import type { Rendered } from "../../core/command-hint.ts";
import type { ExplainedCode, ExplainResult } from "./result.ts";

type Explained = Rendered<ExplainedCode>;

type Role = Explained["roles"][number];

const HEADINGS: Readonly<Record<Role, string>> = {
  internal: "Internal error",
  input: "Inputs are wrong or missing; nothing was touched",
  prerequisite: "A prerequisite fails; nothing was touched",
  platform: "Phala refused or failed",
  timeout: "Timed out",
  conflict: "A conflict: it exists already, or another run is in progress",
  verification: "A verification failed",
  interrupted: "Interrupted",
  terminated: "Terminated",
  warning: "Warnings (errors with --strict)",
  finding: "Findings of status and doctor",
};

export function renderExplain({ codes }: Rendered<ExplainResult>, view: View): string[] {
  const [only] = codes;
  return only && codes.length === 1 ? one(only, view) : all(codes, view);
}

function one(entry: Explained, view: View): string[] {
  const { theme } = view;
  const { code, title, cause, remedy, docs } = entry;
  const plain = (text: string): string[] => paragraph(text.replaceAll("`", ""), view);
  return [
    `${theme.bold(code)}: ${title}`,
    theme.dim(`  ${whatItDoes(entry)}`),
    ...section("Why", plain(cause), theme),
    ...section("What to do", plain(remedy), theme),
    "",
    `See ${docs}`,
  ];
}

function whatItDoes({ roles, exit_codes: exits }: Explained): string {
  const exit = exits.length === 0 ? "does not end a run" : `exit code ${exits.join(" or ")}`;
  return roles.includes("warning")
    ? `${roles.join(", ")}; ${exit} with --strict`
    : `${roles.join(", ")}; ${exit}`;
}

/** Grouped by the first role. */
function all(codes: readonly Explained[], view: View): string[] {
  const groups = Object.entries(HEADINGS).map(([role, heading]) => ({
    heading,
    rows: codes
      .filter(({ roles }) => roles[0] === role)
      .map(({ code, title }) => ({ cells: [code], text: title })),
  }));
  const lines = groups
    .filter(({ rows }) => rows.length > 0)
    .flatMap(({ heading, rows }) => section(heading, table(rows, view), view.theme));
  return lines.slice(1);
}
