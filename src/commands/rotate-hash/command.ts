import type { Command } from "commander";
import { addApprovalOptions, approvalFlags } from "../shared/approval-options.ts";
import type { CommandDefinition, Options } from "../shared/command.ts";
import {
  addCommonOptions,
  addInputOptions,
  addOutputOptions,
  addStrictOption,
  CLUSTER_NOTE,
} from "../shared/options.ts";

export const rotateHashCommand: CommandDefinition = {
  name: "rotate-hash",
  summary: "approve the runners' new compose hash after a compose change",
  options(command) {
    addInputOptions(command, ["cluster", "aws", "connection"]);
    addCommonOptions(command);
    addStrictOption(command);
    addApprovalOptions(command);
    addListOptions(command);
    addOutputOptions(command).addHelpText("after", CLUSTER_NOTE);
  },
  async run(dependencies, flags, options) {
    const { rotateHash } = await import("./rotate-hash.ts");
    const dryRun = flags.dryRun || options["plan"] === true;
    return rotateHash(dependencies, {
      ...flags,
      dryRun,
      ...approvalFlags(options),
      ...listFlags(options),
    });
  },
};

/** Collects a repeatable option. */
const several = (text: string, before: string[] | undefined): string[] => [...(before ?? []), text];

/** By default every approved hash stays, and the new one joins them. */
function addListOptions(command: Command): void {
  command
    .option("--plan", "show every difference that it would make (the same as --dry-run)")
    .option("--retire", "drop the approved hashes that no live runner has")
    .option("--replace", "approve the new hash alone; live runners with others are cut off")
    .option("--keep <hash>", "keep this one, whatever else is said; repeatable", several)
    .option("--drop <hash>", "drop this one; repeatable", several)
    .option("--rollback", "restore the list (and the registry's compose file) before the last one")
    .option("--fresh", "deploy a temporary runner even where the hash is recorded");
}

function listFlags(options: Options) {
  return {
    replace: options["replace"] === true,
    retire: options["retire"] === true,
    rollback: options["rollback"] === true,
    fresh: options["fresh"] === true,
    keep: (options["keep"] ?? []) as readonly string[],
    drop: (options["drop"] ?? []) as readonly string[],
  };
}
