import { inputsIn } from "../../inputs/table.ts";
import { defineCommand } from "../shared/command.ts";
import { toggle } from "../shared/flags.ts";

export const destroyCommand = defineCommand({
  name: "destroy",
  summary: "delete this cluster's CVMs, and no other's",
  page: "destroy.md",
  inputs: ["clusterName", ...inputsIn("connection")],
  required: ["clusterName"],
  switches: ["config", "sandbox", "dryRun", "yes", "timings"],
  flags: { temporaryRunner: toggle("delete only the temporary runner that a run left behind") },
  examples: ["destroy --dry-run", "destroy --cluster-name bird-tracker --yes"],
  notes: `
Deletes the CVMs {cluster}-registry, {cluster}-runner-temp and
{cluster}-runner-{8 hex digits}, those of the cluster that this machine has
recorded and that have another name by now, and no others. Look first with
--dry-run. On a terminal the cluster's name must be typed; without one, with CI
set or with --json it needs --yes. Stop the orchestrator first: it may create
new runners.

PHALA_API_KEY is taken from the environment.`,
  run: async (run) => (await import("./destroy.ts")).destroy(run),
  renderer: async () => (await import("./render.ts")).renderDestroyOrPlan,
});
