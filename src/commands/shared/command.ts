/** A command's definition: its options, help, handler types, output and exit code follow from it. */
import type { Rendered } from "../../core/command-hint.ts";
import type { AnyResult } from "../../core/results.ts";
import type { FailureKind } from "../../errors/cluster-error.ts";
import type { ValueSource } from "../../core/value-source.ts";
import type { InputKey } from "../../inputs/table.ts";
import type { View } from "../../output/layout.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import type { Flags, FlagValues } from "./flags.ts";

/** Switches that a command may offer; it always has those of the output. */
export type CommonSwitch = "config" | "sandbox" | "dryRun" | "yes" | "strict" | "adopt" | "timings";

export type CommandDefinition<F extends Flags = Flags, R extends AnyResult = AnyResult> = {
  /** As in the result's `command`; a blank separates a command from its group: `config migrate`. */
  readonly name: string;
  readonly summary: string;
  /** The inputs that change what it does; others are not validated. */
  readonly inputs: readonly InputKey[];
  /** Inputs marked as required in the help text. */
  readonly required?: readonly InputKey[];
  /** Inputs in its short help; absent: all but the rare ones. */
  readonly common?: readonly InputKey[];
  /** Defaults in its help in place of the table's. */
  readonly defaults?: Partial<Record<InputKey, string>>;
  readonly switches: readonly CommonSwitch[];
  readonly flags: F;
  /** A single word after the command: `config migrate [file]`. */
  readonly argument?: {
    readonly name: string;
    readonly optional: boolean;
    readonly text: string;
    /** Shell completion: these words, or a source of values. */
    readonly completes?: readonly string[] | ValueSource;
  };
  /** Command lines without the program's name. */
  readonly examples: readonly string[];
  /** Paragraphs below the options; of at most 80 columns. */
  readonly notes?: string;
  /** More paragraphs, for the man page and `--help-all`. */
  readonly details?: string;
  /** Its page in docs/. */
  readonly page: string;
  /** Its output is a script, a file or a log: its lines are never wrapped. */
  readonly verbatim?: boolean;
  /** The failure kind, and so the exit code, of a result with `"ok": false`. */
  readonly notOk?: FailureKind;
  run(run: CommandRun<FlagValues<F> & { readonly argument: string | undefined }>): Promise<R>;
  /** Loads its renderer. */
  renderer(): Promise<(result: Rendered<R>, view: View) => readonly string[]>;
};

/** Infers the handler's types from the flags and the result. */
export function defineCommand<F extends Flags, R extends AnyResult>(
  definition: CommandDefinition<F, R>,
): AnyCommand {
  // Checked here; the list of commands has one type for all.
  return definition as unknown as AnyCommand;
}

export type AnyCommand = CommandDefinition;
