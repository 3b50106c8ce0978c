/** All commands, in the order of `--help`. */
import type { AnyCommand } from "../commands/shared/command.ts";
import { configInitCommand } from "../commands/config-init/command.ts";
import { configShowCommand } from "../commands/config-show/command.ts";
import { configMigrateCommand } from "../commands/config-migrate/command.ts";
import { completionCommand } from "../commands/completion/command.ts";
import { destroyCommand } from "../commands/destroy/command.ts";
import { doctorCommand } from "../commands/doctor/command.ts";
import { explainCommand } from "../commands/explain/command.ts";
import { historyCommand } from "../commands/history/command.ts";
import { hashCommand } from "../commands/hash/command.ts";
import { listCommand } from "../commands/list/command.ts";
import { logsCommand } from "../commands/logs/command.ts";
import { initCommand } from "../commands/init/command.ts";
import { rotateHashCommand } from "../commands/rotate-hash/command.ts";
import { sandboxCommand } from "../commands/sandbox/command.ts";
import { trustCommands } from "../commands/trust/command.ts";
import { verifyCommand } from "../commands/verify/command.ts";
import { statusCommand } from "../commands/status/command.ts";

export const COMMANDS: readonly AnyCommand[] = [
  initCommand,
  rotateHashCommand,
  statusCommand,
  listCommand,
  logsCommand,
  doctorCommand,
  hashCommand,
  verifyCommand,
  ...trustCommands,
  historyCommand,
  destroyCommand,
  configShowCommand,
  configInitCommand,
  configMigrateCommand,
  explainCommand,
  completionCommand,
  sandboxCommand,
];
