/** The commands in the README, in a line each; docs/commands.md: the whole help of every command, as the program prints it, and how long it and `--help` are. */
import { CommanderError, type Command } from "commander";
import { pathOf } from "../../src/cli/docs-pages.ts";
import { allCommands, createProgram, nameOf } from "../../src/cli/program.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { markdownTable } from "./blocks.ts";

const INTRODUCTION = `# Commands

<!-- Generated from the commands' definitions: npm run generate -->

What \`--help-all\` prints, for every command; \`--help\` is shorter. What the inputs mean:
[inputs](inputs.md).
`;

export function commandsPage(): string {
  const program = createProgram("0.0.0", async () => undefined);
  const helps = allCommands(program).flatMap((command) => {
    const definition = COMMANDS.find(({ name }) => name === nameOf(command));
    if (!definition) return [];
    const isShort = command.options.some(({ long }) => long === "--help-all");
    const short = helpOf(command, () => command.outputHelp());
    const whole = isShort ? helpOf(command, () => command.parse(["--help-all"], USER)) : short;
    return [{ ...definition, short, whole }];
  });
  const rows = helps.map(({ name, summary, short, whole }) => [
    `[\`${name}\`](#${name.replaceAll(" ", "-")})`,
    summary,
    String(linesIn(short)),
    short === whole ? "the same" : String(linesIn(whole)),
  ]);
  const sections = helps.map(
    ({ name, whole }) => `## \`${name}\`\n\n\`\`\`text\n${whole}\n\`\`\`\n`,
  );
  const heads = ["command", "", "lines of `--help`", "of `--help-all`"];
  return [INTRODUCTION, markdownTable(heads, rows), ...sections].join("\n\n");
}

/** For the README: each command, the page about it, and what it does. */
export function commandsTable(): string {
  const rows = COMMANDS.map(({ name, page, summary }) => [`[\`${name}\`](docs/${page})`, summary]);
  return markdownTable(["command", "what it does"], rows);
}

const USER = { from: "user" } as const;

const linesIn = (text: string): number => text.split("\n").length;

/** Of a package that is installed nowhere: the pages by their place in it. */
function helpOf(command: Command, show: () => void): string {
  let text = "";
  command.exitOverride().configureOutput({ writeOut: (part) => (text += part) });
  try {
    show();
  } catch (error) {
    // Whole help ends the parsing, as --help does.
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
  }
  return text.trimEnd().replace(pathOf(""), "docs/");
}
