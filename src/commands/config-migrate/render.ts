/** Renders `config migrate`: the file's changes, line by line, and the next commands. */
import { command, type CommandHint } from "../../core/command-hint.ts";
import type { ConfigMigrateResult } from "./result.ts";
import { shellQuote } from "../../lib/shell-quote.ts";
import { fields, nextCommands, paintDiff, type View } from "../../output/layout.ts";

export function renderConfigMigrate(result: ConfigMigrateResult, view: View): string[] {
  const { theme, quiet } = view;
  const { file, output, written } = result;
  if (output === null) return quiet ? [] : [`${file} is of schema v2 already: nothing to do.`];
  const changes = result.diff.map((line) => paintDiff(line, theme));
  if (quiet) return written ? [output] : changes;
  const would = written ? "is now" : "would be";
  const from = output === file ? "" : `, from ${file}`;
  return [
    theme.bold(`${output} ${would} of schema v2${from}:`),
    "",
    ...changes,
    "",
    ...fields(theme, [["Threshold", thresholdText(result)]]),
    "",
    ...(written
      ? nextCommands(view, commandsAfter(output))
      : ["This was a dry run: nothing has been changed."]),
  ];
}

function thresholdText({ capacity_threshold: threshold }: ConfigMigrateResult): string {
  const { value, from } = threshold ?? { value: "", from: "default" };
  const origins = {
    input: "as given",
    "provision-factor": "the old provision-factor; --capacity-threshold sets another",
    "capacity-threshold": "as it was",
    default: "the default; --capacity-threshold sets another",
  };
  return `${String(value)}: ${origins[from]}`;
}

function commandsAfter(output: string): (string | CommandHint)[] {
  return [
    command("rotate-hash", "--orchestrator-schema", "v2"),
    `model-orchestrator start --configuration-file ${shellQuote(output)}`,
  ];
}
