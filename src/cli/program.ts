/** The command tree. Each command's module is imported only when it runs. */
import { Command } from "commander";
import { addCommonOptions, addInputOptions, addOutputOptions } from "./options.ts";
import type { CommandName } from "./run.ts";

const SECRETS_NOTE = `
Secrets never go on a command line: put them into the environment as
AWS_SECRET_ACCESS_KEY and PHALA_API_KEY, or let the wizard ask for them.

Exit codes: 0 done, 1 a fault of ours, 2 wrong or missing inputs, 3 a prerequisite fails,
4 Phala refused or failed, 5 a wait ran out, 6 conflict, 7 a verification failed,
130 interrupted, 143 terminated.`;

export type Options = Readonly<Record<string, unknown>>;
export type RunCommand = (name: CommandName, options: Options) => Promise<void>;

export function createProgram(version: string, run: RunCommand): Command {
  const program = new Command("tee-cluster")
    .description("Brings up and keeps up a cluster of confidential VMs (Intel TDX) on Phala Cloud")
    .version(version, "-V, --version")
    .helpCommand("help [command]", "help for a command");

  addOutputOptions(
    addCommonOptions(addInputOptions(program.command("init"), ["cluster", "aws", "connection"]))
      .description("set up the registry of a cluster, in ten steps")
      .option("--adopt", "take over a registry that exists and was not made by a recorded run"),
  )
    .addHelpText("after", SECRETS_NOTE)
    .action((options: Options) => run("init", options));

  addOutputOptions(
    addCommonOptions(addInputOptions(program.command("doctor"), ["cluster", "aws", "connection"])),
  )
    .description("check the prerequisites alone, each with its remedy")
    .action((options: Options) => run("doctor", options));

  program
    .command("sandbox")
    .description("run the local stand-in for Phala Cloud in the foreground")
    .option("--port <port>", "port to listen on (default: the one of the last time)")
    .option("--boot-time <duration>", "how long a CVM takes to boot", "1500ms")
    .option("--update-time <duration>", "how long an update takes until the new instance answers", "1700ms")
    .option("--state-dir <dir>", "where the cloud is kept [env TEE_CLUSTER_STATE_DIR]")
    .action((options: Options) => run("sandbox", options));

  for (const command of [program, ...program.commands]) command.allowExcessArguments(false);
  return program;
}
