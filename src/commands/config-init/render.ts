/** Renders `config init`. */
import { nextCommands, type View } from "../../output/layout.ts";
import { command } from "../../core/command-hint.ts";
import { DEFAULT_CONFIG_FILE } from "../../core/settings.ts";
import type { ConfigInitResult } from "./result.ts";

export function renderConfigInit(
  { file, written, filled, text }: ConfigInitResult,
  view: View,
): string[] {
  if (!written) return text.trimEnd().split("\n");
  if (view.quiet) return [file];
  const what = filled.length === 0 ? "every input as a comment" : `with ${filled.join(", ")}`;
  const named = file === DEFAULT_CONFIG_FILE ? [] : ["--config", file];
  return [
    `${view.theme.bold(`${file} is written`)}, ${what}.`,
    "",
    ...nextCommands(view, [command("config show", ...named), command("init", ...named)]),
  ];
}
