/** Renders `sandbox` as shell lines for `eval`. */
import { command } from "../../core/command-hint.ts";
import type { View } from "../../output/layout.ts";
import type { SandboxResult } from "./result.ts";

const STATES = {
  stopped: "the sandbox is stopped, and keeps what it has; start it again",
  reset: "the sandbox is stopped and empty; start it",
  "not-running": "the sandbox is not running; start it",
} as const;

export function renderSandbox({ state, variables }: SandboxResult, { hint }: View): string[] {
  if (state !== "running") return [`# ${STATES[state]}: ${hint(command("sandbox", "start"))}`];
  return Object.entries(variables).map(([name, value]) => `export ${name}=${shellQuoted(value)}`);
}

/** Always in single quotes: the gateway template has braces, which shells would otherwise take for a list. */
function shellQuoted(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
