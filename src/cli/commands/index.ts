/** All commands, in the order of `--help`. */
import type { CommandDefinition } from "../command.ts";
import { configMigrateCommand } from "./config-migrate.ts";
import { doctorCommand } from "./doctor.ts";
import { hashCommand } from "./hash.ts";
import { historyCommand } from "./history.ts";
import { initCommand } from "./init.ts";
import { rotateHashCommand } from "./rotate-hash.ts";
import { sandboxCommand } from "./sandbox.ts";

export const COMMANDS: readonly CommandDefinition[] = [
  initCommand,
  rotateHashCommand,
  doctorCommand,
  hashCommand,
  historyCommand,
  configMigrateCommand,
  sandboxCommand,
];
