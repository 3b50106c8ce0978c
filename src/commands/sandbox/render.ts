/** The answer of `sandbox`: shell lines for `eval`. */
import { command } from "../../core/command-hint.ts";
import type { View } from "../../output/layout.ts";
import type { SandboxResult } from "./result.ts";

export function renderSandbox({ running, variables }: SandboxResult, { hint }: View): string[] {
  if (!running)
    return [`# the sandbox is not running; start it: ${hint(command("sandbox", "start"))}`];
  return Object.entries(variables).map(([name, value]) => `export ${name}=${shellQuoted(value)}`);
}

/** Always in single quotes: the gateway template has braces, which shells would otherwise take for a list. */
function shellQuoted(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
