/** All commands, in the order of `--help`. */
import type { CommandDefinition } from "../command.ts";
import { configMigrateCommand } from "./config-migrate.ts";
import { destroyCommand } from "./destroy.ts";
import { doctorCommand } from "./doctor.ts";
import { historyCommand } from "./history.ts";
import { hashCommand } from "./hash.ts";
import { initCommand } from "./init.ts";
import { rotateHashCommand } from "./rotate-hash.ts";
import { sandboxCommand } from "./sandbox.ts";
import { statusCommand } from "./status.ts";

export const COMMANDS: readonly CommandDefinition[] = [
  initCommand,
  rotateHashCommand,
  statusCommand,
  doctorCommand,
  hashCommand,
  historyCommand,
  destroyCommand,
  configMigrateCommand,
  sandboxCommand,
];
