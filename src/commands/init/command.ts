import { addApprovalOptions, approvalFlags } from "../shared/approval-options.ts";
import type { CommandDefinition } from "../shared/command.ts";
import {
  addCommonOptions,
  addInputOptions,
  addOutputOptions,
  addStrictOption,
  CLUSTER_NOTE,
} from "../shared/options.ts";

export const initCommand: CommandDefinition = {
  name: "init",
  summary: "set up the registry of a cluster, in ten steps",
  options(command) {
    addInputOptions(command, ["cluster", "aws", "connection"]);
    addCommonOptions(command);
    addStrictOption(command);
    addApprovalOptions(command);
    addOutputOptions(command)
      .option("--adopt", "take over a registry that exists and was not made by a recorded run")
      .addHelpText("after", CLUSTER_NOTE);
  },
  async run(dependencies, flags, options) {
    const { init } = await import("./init.ts");
    return init(dependencies, { ...flags, ...approvalFlags(options) });
  },
};
