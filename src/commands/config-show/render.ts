/** Renders `config show`: a line per input, in the order of the help text. */
import type { Rendered } from "../../core/command-hint.ts";
import { marked, marks, table, type View } from "../../output/layout.ts";
import type { ConfigShowResult, ShownInput } from "./result.ts";

export function renderConfigShow(result: Rendered<ConfigShowResult>, view: View): string[] {
  const { theme, quiet } = view;
  const rows = result.inputs.map((input) => ({
    cells: [
      input.name,
      input.origin === "default" ? "default" : (input.from ?? input.origin ?? "-"),
    ],
    text: valueOf(input),
  }));
  const lines = table(rows, view);
  if (quiet) return lines;
  const where =
    result.config_file === null ? "no tee-cluster.yml" : `config file ${result.config_file}`;
  const warnings = result.warnings.flatMap(({ message }) =>
    marked(marks(theme).warning, message, view),
  );
  return [
    `${theme.bold(`Inputs of ${result.cluster === null ? "a cluster without a name" : `cluster ${result.cluster}`}`)} ${theme.dim(`(${where})`)}`,
    "",
    ...lines,
    ...(warnings.length === 0 ? [] : ["", ...warnings]),
  ];
}

function valueOf({ value, secret, set, required, from, origin }: ShownInput): string {
  if (!set) return required ? "not set (required)" : "not set";
  if (secret) return origin === "default" ? "the sandbox's own" : `set from ${from ?? origin}`;
  return value === null ? "set" : [value].flat().join(", ");
}
