import type { CommandDefinition } from "../shared/command.ts";
import {
  addConfigOption,
  addDryRunOption,
  addInputArgument,
  addInputOptions,
  addOutputOptions,
  addYesOption,
} from "../shared/options.ts";

export const configMigrateCommand: CommandDefinition = {
  name: "config migrate",
  summary: "turn an orchestrator.yml of schema v1 into v2, comments kept",
  options(command) {
    addInputArgument(command, "orchestratorConfig", "[file]", "the file to change");
    command.option("--output <file>", "write that file, and leave the other as it is");
    addInputOptions(command, ["schema-v2"], { capacityThreshold: "the old provision-factor" });
    addConfigOption(command);
    addDryRunOption(command);
    addYesOption(command);
    addOutputOptions(command);
  },
  async run(dependencies, flags, options) {
    const { configMigrate } = await import("./config-migrate.ts");
    const file = options["file"] as string | undefined;
    const output = options["output"] as string | undefined;
    return configMigrate(dependencies, flags, { file, output });
  },
};
