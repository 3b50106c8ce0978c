/** All commands, in the order of `--help`. */
import type { CommandDefinition } from "../command.ts";
import { doctorCommand } from "./doctor.ts";
import { initCommand } from "./init.ts";
import { rotateHashCommand } from "./rotate-hash.ts";
import { sandboxCommand } from "./sandbox.ts";
import { statusCommand } from "./status.ts";

export const COMMANDS: readonly CommandDefinition[] = [
  initCommand,
  rotateHashCommand,
  statusCommand,
  doctorCommand,
  sandboxCommand,
];
