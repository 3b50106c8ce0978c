/** argv -> command -> exit code. The only place that ends the process. */
import { CommanderError, type Command } from "commander";
import { createRequire } from "node:module";
import { allCommands, createProgram, nameOf } from "./program.ts";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

export async function main(argv: readonly string[] = process.argv): Promise<void> {
  const program = createProgram(version, async (command, options) => {
    const { runCommand } = await import("./run.ts");
    process.exitCode = await runCommand(command, options);
  });
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
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = await finish(at, error, argv);
  }
}

/** Help and version end with 0; a wrong flag is a wrong input. */
async function finish(command: Command, error: CommanderError, argv: readonly string[]): Promise<number> {
  if (error.exitCode === 0) return 0;
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

/** The options were not parsed, so the words themselves say how the answer is wanted. */
async function refuse(command: Command, error: CommanderError, argv: readonly string[]): Promise<number> {
  const [{ usageError }, { reportFailure }] = await Promise.all([import("./usage.ts"), import("./run.ts")]);
  const options = { json: argv.includes("--json"), color: !argv.includes("--no-color") };
  return reportFailure(nameOf(command), options, usageError(error, command));
}
