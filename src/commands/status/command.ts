import type { CommandDefinition } from "../shared/command.ts";
import { addCommonOptions, addInputOptions, addOutputOptions, addStrictOption } from "../shared/options.ts";

const NOTE = `
Only reads. Exit codes: 0 all in order, 7 a runner is refused, the registry is not healthy, or the local
runner compose file is not approved; 2, 3 and 4 as for every command. What is not known is a warning.`;

export const statusCommand: CommandDefinition = {
  name: "status",
  summary: "show the cluster: its CVMs, their health, and which runner would be refused and why",
  options(command) {
    addInputOptions(command, ["cluster", "connection"]);
    addCommonOptions(command);
    addStrictOption(command);
    addOutputOptions(command)
      .option("--watch", "look again every --poll-interval (at least 2s, here 5s by default) until Ctrl-C")
      .addHelpText("after", NOTE);
  },
  async run(dependencies, flags, options) {
    const { status } = await import("./status.ts");
    return status(dependencies, flags, { watch: options["watch"] === true, json: options["json"] === true });
  },
};
