import type { CommandDefinition } from "../shared/command.ts";
import { addCommonOptions, addInputOptions, addOutputOptions, addStrictOption } from "../shared/options.ts";

export const doctorCommand: CommandDefinition = {
  name: "doctor",
  summary: "check the prerequisites alone, each with its remedy",
  options(command) {
    addInputOptions(command, ["cluster", "aws", "connection"]);
    addCommonOptions(command);
    addStrictOption(command);
    addOutputOptions(command).option(
      "--ignore <id>",
      "show a check, or one thing that it finds, but don't count it (repeatable)",
      (id: string, before: string[] | undefined) => [...(before ?? []), id],
    );
  },
  async run(dependencies, flags, options) {
    const { doctor } = await import("./doctor.ts");
    return doctor(dependencies, flags, (options["ignore"] as string[] | undefined) ?? []);
  },
};
