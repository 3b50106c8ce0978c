/** argv -> command -> exit code. The only place that ends the process. */
import { CommanderError } from "commander";
import { createRequire } from "node:module";
import { createProgram } from "./program.ts";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

export async function main(argv: readonly string[] = process.argv): Promise<void> {
  const program = createProgram(version, async (name, options) => {
    const { runCommand } = await import("./run.ts");
    process.exitCode = await runCommand(name, options);
  });
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    if (argv.length <= 2) program.outputHelp();
    else await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end with 0; a wrong flag is a wrong input.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}
