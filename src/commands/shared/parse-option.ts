/** Options that are one command's own, and so not in the list of inputs: parsed with the inputs' parsers. */
import { command as commandHint, hint } from "../../core/command-hint.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { InvalidValue } from "../../inputs/parsers.ts";

/** @throws ClusterError `invalid-inputs` (input) that names the option and its value. */
export function parseOption<T>(
  command: string,
  flag: string,
  text: string,
  parser: (text: string) => T,
): T {
  try {
    return parser(text);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    throw new ClusterError("input", "invalid-inputs", {
      message: `${flag}: ${error.message}`,
      hint: hint`see: ${commandHint(command, "--help")}`,
    });
  }
}
