import { defineCommand } from "../shared/command.ts";
import { option, type FlagValues } from "../shared/flags.ts";

const MIGRATE_FLAGS = {
  output: option("file", "write that file, and leave the other as it is", { completes: "files" }),
};
export type MigrateFlags = FlagValues<typeof MIGRATE_FLAGS>;

export const configMigrateCommand = defineCommand({
  name: "config migrate",
  summary: "turn an orchestrator.yml of schema v1 into v2, comments kept",
  page: "schema-v2.md",
  // The file, and what schema v2 or its runners have and v1 does not.
  inputs: [
    "orchestratorConfig",
    "orchestratorSchema",
    "gatewayKeyPath",
    "capacityThreshold",
    "coordinatorWallet",
  ],
  required: ["gatewayKeyPath"],
  defaults: { capacityThreshold: "the old provision-factor" },
  switches: ["config", "dryRun", "yes"],
  flags: MIGRATE_FLAGS,
  argument: {
    name: "file",
    optional: true,
    text: "the file to change [default orchestrator.yml]",
    completes: "files",
  },
  examples: ["config migrate --gateway-key-path coordinator.pem --dry-run"],
  run: async (run) => (await import("./config-migrate.ts")).configMigrate(run),
  renderer: async () => (await import("./render.ts")).renderConfigMigrate,
});
