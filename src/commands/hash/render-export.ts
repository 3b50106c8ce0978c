/** The answer of `hash --export`. */
import type { HashExport } from "./result.ts";
import { command } from "../../core/command-hint.ts";
import { dateAndTime } from "../../lib/text.ts";
import { fields, nextCommands, type View } from "../../output/layout.ts";

export function renderHashExport(result: HashExport, view: View): string[] {
  const { theme, quiet } = view;
  if (quiet) return [result.file];
  const { basis, approved_compose_hashes: approved } = result;
  return [
    theme.bold(`${result.file} ${result.changed ? "is written" : "is up to date"}.`),
    "",
    ...fields(
      [
        ["Cluster", result.cluster],
        ["Rests on", [`a temporary runner of ${dateAndTime(basis.at)}`, basis.compose_hash]],
        ["Approved", approved.length === 0 ? "unknown" : approved],
      ],
      theme,
    ),
    "",
    ...nextCommands([command("hash", "--check", "--record", result.file)], view),
  ];
}
