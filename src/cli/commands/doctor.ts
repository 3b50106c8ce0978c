import type { CommandDefinition } from "../command.ts";
import { addCommonOptions, addInputOptions, addOutputOptions } from "../options.ts";

export const doctorCommand: CommandDefinition = {
  name: "doctor",
  summary: "check the prerequisites alone, each with its remedy",
  options(command) {
    addInputOptions(command, ["cluster", "aws", "connection"]);
    addCommonOptions(command);
    addOutputOptions(command);
  },
  async run(dependencies, flags) {
    const { doctor } = await import("../../commands/doctor.ts");
    return doctor(dependencies, flags);
  },
};
