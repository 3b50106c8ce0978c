import type { CommandDefinition } from "../shared/command.ts";
import { addCommonOptions, addInputOptions, addOutputOptions } from "../shared/options.ts";

export const historyCommand: CommandDefinition = {
  name: "history",
  summary: "who approved which compose hashes, when and why",
  options(command) {
    command
      .option("--verify", "find out whether anything in it was changed; exit 7 if so")
      .option("--limit <n>", "only the newest n entries");
    addInputOptions(command, ["state"]);
    addCommonOptions(command);
    addOutputOptions(command);
  },
  async run(dependencies, flags, options) {
    const { history } = await import("./history.ts");
    const limit = options["limit"] as string | undefined;
    return history(dependencies, flags, { verify: options["verify"] === true, limit });
  },
};
