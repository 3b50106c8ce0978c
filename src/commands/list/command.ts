import { inputsIn } from "../../inputs/table.ts";
import { defineCommand } from "../shared/command.ts";

export const listCommand = defineCommand({
  name: "list",
  summary: "the clusters in the account and on this machine's record, with their price",
  page: "list.md",
  inputs: inputsIn("connection"),
  switches: ["config", "sandbox", "dryRun", "yes", "timings"],
  flags: {},
  examples: ["list", "list --json"],
  notes: `
A cluster is identified by the names of its CVMs: {cluster}-registry,
{cluster}-runner-temp, {cluster}-runner-{8 hex digits}.`,
  run: async (run) => (await import("./list.ts")).listClusters(run),
  renderer: async () => (await import("./render.ts")).renderList,
});
