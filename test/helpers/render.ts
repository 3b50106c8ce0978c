/** The lines of any command's result, as the program itself would print them. */
import { COMMANDS } from "../../src/cli/commands.ts";
import { renderHints } from "../../src/core/command-hint.ts";
import type { AnyResult } from "../../src/core/results.ts";
import type { View } from "../../src/output/layout.ts";

const RENDERERS = new Map(
  await Promise.all(COMMANDS.map(async ({ name, renderer }) => [name, await renderer()] as const)),
);

export function renderResult(result: AnyResult, view: View): readonly string[] {
  return RENDERERS.get(result.command)?.(renderHints(result, undefined), view) ?? [];
}
