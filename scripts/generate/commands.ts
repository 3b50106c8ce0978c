/** docs/commands.md: the help of every command, as the program prints it, and how long it is. */
import { allCommands, createProgram, nameOf } from "../../src/cli/program.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { markdownTable } from "./blocks.ts";

const INTRODUCTION = `# Commands

<!-- Generated from the commands' definitions: npm run generate -->

What \`--help\` prints, for every command. What the inputs mean: [inputs](inputs.md).
`;

export function commandsPage(): string {
  const program = createProgram("0.0.0", async () => undefined);
  const helps = allCommands(program).flatMap((command) => {
    const definition = COMMANDS.find(({ name }) => name === nameOf(command));
    if (!definition) return [];
    return [{ ...definition, help: helpOf(command).trimEnd() }];
  });
  const rows = helps.map(({ name, summary, help }) => [
    `[\`${name}\`](#${name.replaceAll(" ", "-")})`,
    summary,
    String(help.split("\n").length),
  ]);
  const sections = helps.map(({ name, help }) => `## \`${name}\`\n\n\`\`\`text\n${help}\n\`\`\`\n`);
  return [INTRODUCTION, markdownTable(["command", "", "lines of help"], rows), ...sections].join(
    "\n\n",
  );
}

function helpOf(command: ReturnType<typeof allCommands>[number]): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}
