import { defineCommand } from "../shared/command.ts";

export const explainCommand = defineCommand({
  name: "explain",
  summary: "what the code of an error, warning or finding means",
  page: "errors.md",
  inputs: [],
  switches: ["dryRun", "yes"],
  flags: {},
  argument: {
    name: "code",
    optional: true,
    text: "as a message shows it; all codes without one",
    completes: "codes",
  },
  examples: ["explain registry-exists", "explain"],
  async run(_dependencies, _common, { argument }) {
    const { explain } = await import("./explain.ts");
    return explain(argument);
  },
  async renderer() {
    const { renderExplain } = await import("./render.ts");
    return renderExplain;
  },
});
