/** All commands, in the order of `--help`. */
import type { CommandDefinition } from "../command.ts";
import { doctorCommand } from "./doctor.ts";
import { hashCommand } from "./hash.ts";
import { initCommand } from "./init.ts";
import { sandboxCommand } from "./sandbox.ts";

export const COMMANDS: readonly CommandDefinition[] = [
  initCommand,
  doctorCommand,
  hashCommand,
  sandboxCommand,
];
