import { defineCommand } from "../shared/command.ts";
import { option, toggle, type FlagValues } from "../shared/flags.ts";

const HISTORY_FLAGS = {
  verify: toggle("check whether anything in it was changed; exit 7 if so"),
  limit: option("n", "only the newest n entries"),
};
export type HistoryFlags = FlagValues<typeof HISTORY_FLAGS>;

export const historyCommand = defineCommand({
  name: "history",
  summary: "who approved which compose hashes, when and why",
  page: "history.md",
  inputs: ["clusterName", "orchestratorConfig", "phalaApiUrl", "stateDir"],
  required: ["clusterName"],
  switches: ["config", "sandbox", "dryRun", "yes"],
  flags: HISTORY_FLAGS,
  examples: ["history --limit 5", "history --verify"],
  notOk: "verification",
  run: async (run) => (await import("./history.ts")).history(run),
  renderer: async () => (await import("./render.ts")).renderHistory,
});
