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
  run: async ({ flags }) => (await import("./explain.ts")).explain(flags.argument),
  renderer: async () => (await import("./render.ts")).renderExplain,
});
