/** docs/compose.md has every finding, as the catalogue describes it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { CATALOGUE } from "../../../src/compose/catalogue.ts";

const PAGE = fileURLToPath(new URL("../../../docs/compose.md", import.meta.url));

/** A Markdown table with columns of one width, as the formatter has it. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

test("the table of findings", async () => {
  const rows = Object.entries(CATALOGUE).map(([code, { severities, about, remedy }]) => [
    `\`${code}\``,
    severities.join(" or "),
    about,
    remedy,
  ]);
  const text = readFileSync(PAGE, "utf8").replace(
    /(<!-- findings: .*? -->\n).*(<!-- end of findings -->)/s,
    (_whole, start: string, end: string) =>
      `${start}\n${table([["code", "severity", "what, and why", "how to fix it"], ...rows])}\n\n${end}`,
  );
  await expect(text).toMatchFileSnapshot(PAGE);
});
