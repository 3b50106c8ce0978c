import type { CommandDefinition } from "../shared/command.ts";
import { addOutputOptions, addYesOption } from "../shared/options.ts";

// No --dry-run: whoever says that must not get a running server.
const NOTE = `
Prints the variables to export once it is up, or with --json one document with them, and serves until Ctrl-C.
With --verbose the requests, too.`;

export const sandboxCommand: CommandDefinition = {
  name: "sandbox",
  summary: "run the local stand-in for Phala Cloud in the foreground",
  options(command) {
    command
      .option("--port <port>", "port to listen on (default: the one of the last time)")
      .option("--boot-time <duration>", "how long a CVM takes to boot", "1500ms")
      .option("--update-time <duration>", "how long an update takes until the new instance answers", "1700ms")
      .option("--state-dir <dir>", "where the cloud is kept [env TEE_CLUSTER_STATE_DIR]");
    addYesOption(command);
    addOutputOptions(command).addHelpText("after", NOTE);
  },
  async run(dependencies, _flags, options) {
    const { sandbox } = await import("./sandbox.ts");
    return sandbox(dependencies, options);
  },
};
