/** argv -> command -> exit code. */
import { formatIn, isDocument } from "../output/formats.ts";
import { CommanderError, type Command } from "commander";
import type { AnyCommand } from "../commands/shared/command.ts";
import {
  allCommands,
  commandNamedBy,
  createProgram,
  nameOf,
  type Options,
  type RunCommand,
} from "./program.ts";
import { CrashGuard } from "./shutdown.ts";
import { versionOf } from "./version.ts";
export { exitAfterGrace } from "./shutdown.ts";

/** @param startedAt start of the program in monotonic ms; 0 in a separate process */
export async function main(
  argv: readonly string[] = process.argv,
  startedAt = process.uptime() * 1_000,
): Promise<void> {
  if (argv[2] === "complete" && argv[3] === "--") {
    const { complete } = await import("./complete.ts");
    return writeOut(await complete(argv.slice(4), process.env));
  }
  const crash = async (error: unknown): Promise<void> => {
    try {
      const { reportFailure } = await import("./run.ts");
      process.exit(reportFailure("tee-cluster", outputOptions(argv), error, argv));
    } catch {
      process.stderr.write("tee-cluster can't be loaded: install it again\n");
      process.exit(1);
    }
  };
  if (!hasWorkingDirectory()) return crash(await leaveDeletedDirectory());
  const crashes = new CrashGuard((error) => void crash(error));
  const run: RunCommand = async (command, options) => {
    const { runCommand } = await import("./run.ts");
    process.exitCode = await runCommand(command, options, crashes, argv, startedAt);
  };
  const named = commandNamedBy(argv.slice(2));
  try {
    if (named === undefined || (await parse(argv, run, [named])) !== undefined) {
      // A usage error may suggest any command, so all are declared.
      const problem = await parse(argv, run);
      if (problem) process.exitCode = await finish(problem.at, problem.error, argv);
    }
  } catch (error) {
    return crash(error);
  }
}

function hasWorkingDirectory(): boolean {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
}

/** Paths are resolved against it, in error reports too: those are rendered in a folder that exists. */
async function leaveDeletedDirectory(): Promise<Error> {
  const { ClusterError } = await import("../errors/cluster-error.ts");
  // Not the temporary folder: that one may not exist either.
  process.chdir("/");
  return new ClusterError("prerequisite", "no-working-directory", {
    message: "the working directory no longer exists",
    hint: "change to a folder that exists (cd), then run the command again",
  });
}

type Problem = { readonly at: Command; readonly error: CommanderError };

/** Runs the command. @returns the usage error and its command; undefined also after help and version. */
async function parse(
  argv: readonly string[],
  run: RunCommand,
  commands?: readonly AnyCommand[],
): Promise<Problem | undefined> {
  const program = createProgram(versionOf(), run, argv, commands);
  let at: Command = program;
  for (const command of allCommands(program)) {
    // Errors are printed once, by the reporter, as text or as JSON.
    command.configureOutput({ writeOut, writeErr: () => undefined }).exitOverride((error) => {
      at = command;
      throw error;
    });
  }
  try {
    await program.parseAsync(argv);
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? undefined : { at, error };
  }
}

/** @returns the exit code */
async function finish(
  command: Command,
  error: CommanderError,
  argv: readonly string[],
): Promise<number> {
  if (error.code !== "commander.help") return reportUsageError(command, error, argv);
  // The program or a group of commands without a subcommand.
  command.outputHelp();
  return 0;
}

/** Prints help and version. A reader that stops early (`--help | head`) is not an error. */
function writeOut(text: string): void {
  process.stdout.once("error", () => undefined);
  process.stdout.write(text);
}

async function reportUsageError(
  command: Command,
  error: CommanderError,
  argv: readonly string[],
): Promise<number> {
  const [{ usageError }, { reportFailure }] = await Promise.all([
    import("./usage.ts"),
    import("./run.ts"),
  ]);
  return reportFailure(nameOf(command), outputOptions(argv), usageError(error, command), argv);
}

/** Output options of a command line that could not be parsed. */
const outputOptions = (argv: readonly string[]): Options => ({
  json: argv.includes("--json") || isDocument(formatIn(argv)),
  color: !argv.includes("--no-color"),
});
