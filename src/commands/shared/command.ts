/** What a command is to the command line: its options, and the module behind it, imported only when it runs. */
import type { Command } from "commander";
import type { CommandDependencies, CommonFlags } from "../../session/dependencies.ts";
import type { SuccessResult } from "../results.ts";

/** Options as commander parsed them, by their attribute names. */
export type Options = Readonly<Record<string, unknown>>;

export type CommandDefinition = {
  /** As in the answer's `command`; a blank separates a command from its group: `config migrate`. */
  readonly name: string;
  readonly summary: string;
  /** Adds the command's own options to a commander command that has name and summary already. */
  options(command: Command): void;
  run(dependencies: CommandDependencies, flags: CommonFlags, options: Options): Promise<SuccessResult>;
};
