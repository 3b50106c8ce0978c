import { INPUTS } from "../../inputs/table.ts";
import { defineCommand } from "../shared/command.ts";

export const configShowCommand = defineCommand({
  name: "config show",
  summary: "every input with its value and where that is from",
  page: "config.md",
  inputs: INPUTS.map(({ key }) => key),
  switches: ["config", "sandbox", "dryRun", "yes"],
  flags: {},
  examples: ["config show", "config show --json"],
  notes: `
Makes no request and needs no key. Of a secret it only says where it is set. An
input that is required and set nowhere is shown as missing; exit 0 anyway.`,
  run: async (run) => (await import("./config-show.ts")).showConfig(run),
  renderer: async () => (await import("./render.ts")).renderConfigShow,
});
