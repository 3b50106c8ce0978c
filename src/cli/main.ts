/** argv -> command -> exit code. The only place that ends the process. */
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

/** @param startedAt when the program was started, ms of the monotonic clock: 0 for a process of its own. */
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
      // What is wrong with a command line is told with a look at all commands.
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
  const [{ tmpdir }, { ClusterError }] = await Promise.all([
    import("node:os"),
    import("../errors/cluster-error.ts"),
  ]);
  process.chdir(tmpdir());
  return new ClusterError("prerequisite", "no-working-directory", {
    message: "the working directory no longer exists",
    hint: "change to a folder that exists (cd), then run the command again",
  });
}

type Problem = { readonly at: Command; readonly error: CommanderError };

/** Runs the command. @returns what is wrong with the command line, and where; help and version are no problem. */
async function parse(
  argv: readonly string[],
  run: RunCommand,
  commands?: readonly AnyCommand[],
): Promise<Problem | undefined> {
  const program = createProgram(versionOf(), run, argv, commands);
  let at: Command = program;
  for (const command of allCommands(program)) {
    // What is wrong is said once, by the reporter, as text or as JSON.
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

/** A wrong flag is a wrong input. */
async function finish(
  command: Command,
  error: CommanderError,
  argv: readonly string[],
): Promise<number> {
  if (error.code !== "commander.help") return refuse(command, error, argv);
  // The program, or a group of commands, with no word behind it: what there is to say.
  command.outputHelp();
  return 0;
}

/** Help and version. A reader that has seen enough (`--help | head`) is no error. */
function writeOut(text: string): void {
  process.stdout.once("error", () => undefined);
  process.stdout.write(text);
}

async function refuse(
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

/** Where the options were not parsed, the words themselves say how the answer is wanted. */
const outputOptions = (argv: readonly string[]): Options => ({
  json: argv.includes("--json") || isDocument(formatIn(argv)),
  color: !argv.includes("--no-color"),
});
