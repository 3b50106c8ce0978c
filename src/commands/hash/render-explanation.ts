/** The answer of `hash --explain`: what is known of the hash, and the compose text that it stands for. */
import { sha256Hex } from "../../core/compose-hash.ts";
import type { HashExplanation } from "./result.ts";
import { dateAndTime, oneLine } from "../../lib/text.ts";
import type { Theme } from "../../output/theme.ts";
import { renderAppComposeDiff } from "../shared/render-app-compose-diff.ts";
import { fields, type Field, type View } from "../../output/layout.ts";

/** With `quiet` the compose text alone. It is made harmless for terminals; byte for byte it is in the JSON. */
export function renderHashExplanation(result: HashExplanation, view: View): string[] {
  const { theme, quiet } = view;
  const text = (result.app_compose.docker_compose_file ?? "").replace(/\n$/, "").split("\n");
  if (quiet) return text;
  return [
    theme.bold(result.compose_hash),
    "",
    ...fields(theme, [
      ["Cluster", result.cluster],
      [
        "Read back",
        result.read_back_at === null ? "not recorded" : dateAndTime(result.read_back_at),
      ],
      ["Approved", approvalOf(result, theme)],
      ["Environment", result.environment_names],
      ...scriptOf(result),
    ]),
    ...comparisons(result, view),
    "",
    theme.bold("Compose file:"),
    "",
    ...text,
  ];
}

function approvalOf({ approved, approved_at: at }: HashExplanation, theme: Theme): string {
  if (approved === null) return theme.yellow("unknown: no approved list is recorded");
  if (approved)
    return `${theme.green("yes")}, on the list of ${at === null ? "?" : dateAndTime(at)}`;
  return at === null
    ? theme.red("no, never")
    : `${theme.red("no more")}, it was on the list of ${dateAndTime(at)}`;
}

/** It runs before the containers, and is measured with them. */
function scriptOf({ app_compose: { pre_launch_script: script } }: HashExplanation): Field[] {
  if (!script) return [];
  const digest = sha256Hex(script).slice(0, 12);
  return [["Script", `pre_launch_script, sha256 ${digest}...; whole with --json`]];
}

function comparisons({ local, previous }: HashExplanation, view: View): string[] {
  const { theme } = view;
  return [
    ...(local
      ? [
          "",
          theme.bold(`The local ${oneLine(local.runner_compose)} against it:`),
          ...renderAppComposeDiff(local, view),
        ]
      : []),
    ...(previous
      ? [
          "",
          theme.bold("It against the one approved before:"),
          `  ${theme.dim(previous.compose_hash)}`,
          ...renderAppComposeDiff(previous, view),
        ]
      : []),
  ];
}
