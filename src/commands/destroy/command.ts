import type { CommandDefinition } from "../shared/command.ts";
import { addCommonOptions, addInputOptions, addOutputOptions } from "../shared/options.ts";

const NOTE = `
Deleted are the CVMs {cluster}-registry, {cluster}-runner-temp and {cluster}-runner-{8 hex digits},
and no others. PollResult first with --dry-run. On a terminal the cluster's name must be typed; without one,
with CI set or with --json it needs --yes. Stop the orchestrator first: it may make new runners.

PHALA_API_KEY is taken from the environment.`;

export const destroyCommand: CommandDefinition = {
  name: "destroy",
  summary: "delete this cluster's CVMs, and no other's",
  options(command) {
    addInputOptions(command, ["name", "connection"]);
    addCommonOptions(command);
    addOutputOptions(command).addHelpText("after", NOTE);
  },
  async run(dependencies, flags) {
    const { destroy } = await import("./destroy.ts");
    return destroy(dependencies, flags);
  },
};
