/** argv -> command -> exit code. The only place that ends the process. */
import { CommanderError, type Command } from "commander";
import { createRequire } from "node:module";
import { allCommands, createProgram } from "./program.ts";

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
    if (argv.length <= 2) program.outputHelp();
    else await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end with 0; a wrong flag is a wrong input.
    process.exitCode = error.exitCode === 0 ? 0 : await refuse(at, error, argv);
  }
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
  return reportFailure(command.name(), options, usageError(error, command));
}
