/** What a command is: one definition from which its options, help, handler types, output and exit code follow. */
import type { Rendered } from "../../core/command-hint.ts";
import type { AnyResult } from "../../core/results.ts";
import type { FailureKind } from "../../errors/cluster-error.ts";
import type { ValueSource } from "../../core/value-source.ts";
import type { InputKey } from "../../inputs/table.ts";
import type { View } from "../../output/layout.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import type { Flags, FlagValues } from "./flags.ts";

/** Which of the switches that many commands have this one offers; those of the output it always has. */
export type CommonSwitch = "config" | "sandbox" | "dryRun" | "yes" | "strict" | "adopt" | "timings";

export type CommandDefinition<F extends Flags = Flags, R extends AnyResult = AnyResult> = {
  /** As in the result's `command`; a blank separates a command from its group: `config migrate`. */
  readonly name: string;
  readonly summary: string;
  /** The inputs that change what it does. A wrong value of any other is not its business. */
  readonly inputs: readonly InputKey[];
  /** Of the inputs, those without which it does nothing; marked in the help text. */
  readonly required?: readonly InputKey[];
  /** Those that its short help lists; absent: all but the rare ones. */
  readonly common?: readonly InputKey[];
  /** What its help says of a default in place of the table's. */
  readonly defaults?: Partial<Record<InputKey, string>>;
  readonly switches: readonly CommonSwitch[];
  readonly flags: F;
  /** A single word after the command: `config migrate [file]`. Handed on under its name. */
  readonly argument?: {
    readonly name: string;
    readonly optional: boolean;
    readonly text: string;
    /** What a shell offers for it on TAB: these words, or what is found there. */
    readonly completes?: readonly string[] | ValueSource;
  };
  /** Command lines that a newcomer would paste, without the program's name. */
  readonly examples: readonly string[];
  /** Paragraphs below the options; of at most 80 columns. */
  readonly notes?: string;
  /** More of them, for the man page and `--help-all`. */
  readonly details?: string;
  /** The page about it in docs/. */
  readonly page: string;
  /** Its answer is a script, a file or a log: on a terminal, too, its lines are not broken. */
  readonly verbatim?: boolean;
  /** What a result with `"ok": false` is to a script: the command did its work, and found something not in order. */
  readonly notOk?: FailureKind;
  run(run: CommandRun<FlagValues<F> & { readonly argument: string | undefined }>): Promise<R>;
  /** Loads what turns its result into lines for people; only a command that runs needs it. */
  renderer(): Promise<(result: Rendered<R>, view: View) => readonly string[]>;
};

/** Infers the handler's types from the flags and the result. */
export function defineCommand<F extends Flags, R extends AnyResult>(
  definition: CommandDefinition<F, R>,
): AnyCommand {
  // The list of commands forgets the exact types: each was checked against itself here.
  return definition as unknown as AnyCommand;
}

export type AnyCommand = CommandDefinition;
