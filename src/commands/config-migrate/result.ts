/** The answer of `config migrate`. */
import type { Threshold } from "../../orchestrator/migrate.ts";
import type { Warning } from "../../core/events.ts";

export type ConfigMigrateResult = {
  readonly ok: true;
  readonly command: "config migrate";
  readonly file: string;
  /** What was, or with `--dry-run` would be, written; null where there is nothing to do. */
  readonly output: string | null;
  readonly previous_schema: "v1" | "v2";
  readonly changed: boolean;
  /** False where nothing is to do, and with `--dry-run`. */
  readonly written: boolean;
  readonly capacity_threshold: Threshold | null;
  /** Lines that go (`- `) and come (`+ `), in order. */
  readonly diff: readonly string[];
  readonly warnings: readonly Warning[];
};
