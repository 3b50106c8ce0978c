import { inputsIn } from "../../inputs/table.ts";
import { defineCommand } from "../shared/command.ts";
import { option, toggle } from "../shared/flags.ts";

export const LOGS_FLAGS = {
  follow: toggle("show new lines as they come, until Ctrl-C", { short: "f" }),
  tail: option("n", "how many lines from the end", { short: "n", default: "100" }),
  container: option("name", "which container [default: the one with a published port]", {
    conflicts: ["serial"],
  }),
  stderr: toggle("what the container wrote to stderr too"),
  serial: toggle("the console of the CVM: boot, kernel, docker compose"),
  since: option("time", "not before: RFC 3339, or 42m"),
};

export const logsCommand = defineCommand({
  name: "logs",
  summary: "the registry's log, or a runner's",
  page: "logs.md",
  inputs: ["clusterName", "orchestratorConfig", ...inputsIn("connection")],
  required: ["clusterName"],
  switches: ["config", "sandbox", "dryRun", "yes"],
  argument: {
    name: "runner",
    optional: true,
    text: "a runner: its CVM's name, or the end of it [default registry]",
  },
  flags: LOGS_FLAGS,
  examples: ["logs", "logs --follow", "logs runner-0f73d1de --tail 500", "logs --serial"],
  notes: `
Through \`phala logs\`. Secrets that this run knows are hidden; what else a
program writes into its log is shown as it is. An app-compose may keep its logs
private.`,
  verbatim: true,
  run: async (run) => (await import("./logs.ts")).showLogs(run),
  renderer: async () => (await import("./logs.ts")).renderLogs,
});
