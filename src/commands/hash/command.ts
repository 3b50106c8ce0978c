import { Option } from "commander";
import type { CommandDefinition } from "../shared/command.ts";
import { addCommonOptions, addInputOptions, addOutputOptions, addStrictOption } from "../shared/options.ts";

const NOTE = `
Goes by what init and rotate-hash recorded on this machine, or by --record; then neither a key nor the
network is needed. Where nothing is recorded, a live runner is read from Phala's API.

Exit codes: 0 done, with --check: approved; 7 not approved, or nothing is known to go by;
2 wrong inputs, 3 the compose file can't be used, 4 Phala failed.`;

export const hashCommand: CommandDefinition = {
  name: "hash",
  summary: "predict the compose hash of the runner compose file, without deploying it",
  options(command) {
    command
      .option("--check", "fail (exit 7) unless that hash is approved: a gate for pull requests")
      .addOption(
        new Option(
          "--explain <hash>",
          "say what a recorded hash stands for; its first 8 digits will do",
        ).conflicts("check"),
      )
      .addOption(
        new Option("--export <file>", "write what this machine knows, for --record on another one").conflicts(
          ["check", "explain", "record"],
        ),
      )
      .option("--record <file>", "go by such a file instead of this machine's record");
    addInputOptions(command, ["cluster", "connection"]);
    addCommonOptions(command);
    addStrictOption(command);
    addOutputOptions(command).addHelpText("after", NOTE);
  },
  async run(dependencies, flags, options) {
    const { hash } = await import("./hash.ts");
    return hash(dependencies, flags, {
      check: options["check"] === true,
      record: options["record"] as string | undefined,
      exportTo: options["export"] as string | undefined,
      explain: options["explain"] as string | undefined,
    });
  },
};
