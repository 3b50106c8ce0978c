/** All commands, in the order of `--help`. */
import type { CommandDefinition } from "../command.ts";
import { destroyCommand } from "./destroy.ts";
import { doctorCommand } from "./doctor.ts";
import { initCommand } from "./init.ts";
import { sandboxCommand } from "./sandbox.ts";

export const COMMANDS: readonly CommandDefinition[] = [
  initCommand,
  doctorCommand,
  destroyCommand,
  sandboxCommand,
];
