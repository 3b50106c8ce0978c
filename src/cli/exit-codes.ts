/** The exit codes of the contract. */
import type { SuccessResult } from "../commands/results.ts";
import type { FailureKind } from "../errors.ts";

export const EXIT_CODES: Readonly<Record<FailureKind, number>> = {
  fault: 1,
  input: 2,
  prerequisite: 3,
  platform: 4,
  timeout: 5,
  conflict: 6,
  verification: 7,
  interrupted: 130,
  terminated: 143,
};

/** What an answer with `"ok": false` means: the command did its work, and what it looked at is not in order. */
const NOT_IN_ORDER: Readonly<Partial<Record<SuccessResult["command"], FailureKind>>> = {
  doctor: "prerequisite",
  status: "verification",
};

/** The exit code of a command that came to its end with an answer. */
export function exitCodeOf(result: SuccessResult): number {
  return result.ok ? 0 : EXIT_CODES[NOT_IN_ORDER[result.command] ?? "fault"];
}
