import { inputsIn } from "../../inputs/table.ts";
import { defineCommand } from "../shared/command.ts";

export const configInitCommand = defineCommand({
  name: "config init",
  summary: "write a commented tee-cluster.yml with every input",
  page: "config.md",
  inputs: inputsIn("cluster", "aws", "attestation", "procedure", "connection"),
  switches: ["dryRun", "yes"],
  flags: {},
  argument: {
    name: "file",
    optional: true,
    text: "the file to write [default tee-cluster.yml]",
    completes: "files",
  },
  examples: ["config init --cluster-name bird-tracker --max-models 20"],
  notes: `
What is given as an option is filled in; everything else is a comment with its
default. An existing file is not overwritten.`,
  verbatim: true,
  run: async (run) => (await import("./config-init.ts")).initConfig(run),
  renderer: async () => (await import("./render.ts")).renderConfigInit,
});
