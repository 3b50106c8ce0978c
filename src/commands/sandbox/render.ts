/** The answer of `sandbox`: shell lines for `eval`. */
import type { SandboxResult } from "./result.ts";

export function renderSandbox({ running, variables }: SandboxResult): string[] {
  if (!running) return ["# the sandbox is not running; start it: tee-cluster sandbox start"];
  return Object.entries(variables).map(([name, value]) => `export ${name}=${shellQuoted(value)}`);
}

/** Always in single quotes: the gateway template has braces, which shells would otherwise take for a list. */
function shellQuoted(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
