/** schemas/*.json, from the zod schemas of the results. */
import { z } from "zod";
import { completionResult } from "../../src/commands/completion/result.ts";
import { configInitResult } from "../../src/commands/config-init/result.ts";
import { configShowResult } from "../../src/commands/config-show/result.ts";
import { createProgram, allCommands, nameOf } from "../../src/cli/program.ts";
import { configMigrateResult } from "../../src/commands/config-migrate/result.ts";
import { destroyResult } from "../../src/commands/destroy/result.ts";
import { doctorResult } from "../../src/commands/doctor/result.ts";
import { listResult } from "../../src/commands/list/result.ts";
import { logsResult } from "../../src/commands/logs/result.ts";
import { explainResult } from "../../src/commands/explain/result.ts";
import { hashExplanation, hashExport, hashResult } from "../../src/commands/hash/result.ts";
import { historyResult } from "../../src/commands/history/result.ts";
import { initResult } from "../../src/commands/init/result.ts";
import { rotateHashResult, rotatePlanResult } from "../../src/commands/rotate-hash/result.ts";
import { sandboxResult } from "../../src/commands/sandbox/result.ts";
import { dryRun } from "../../src/commands/shared/schema.ts";
import { statusResult } from "../../src/commands/status/result.ts";
import { trustResult } from "../../src/commands/trust/result.ts";
import { verifyResult } from "../../src/commands/verify/result.ts";
import { failureResult } from "../../src/core/results.ts";
import { hashRecordSchema } from "../../src/state/hash-record.ts";

export type PublishedSchema = {
  /** `schemas/NAME.json`. */
  readonly name: string;
  /** Which document it is of. */
  readonly title: string;
  readonly schema: z.ZodType;
};

/** `tee-cluster` is the command of a command line that names none. */
const commandNames = allCommands(createProgram("0.0.0", async () => undefined)).map(nameOf);

export const SCHEMAS: readonly PublishedSchema[] = [
  { name: "init", title: "tee-cluster init --json, on success", schema: initResult },
  { name: "dry-run", title: "tee-cluster COMMAND --dry-run --json, on success", schema: dryRun },
  {
    name: "rotate-hash",
    title: "tee-cluster rotate-hash --json, on success",
    schema: rotateHashResult,
  },
  {
    name: "rotate-hash-plan",
    title: "tee-cluster rotate-hash --plan --json, on success",
    schema: rotatePlanResult,
  },
  {
    name: "status",
    title: "tee-cluster status --json, whether all is in order or not",
    schema: statusResult,
  },
  {
    name: "doctor",
    title: "tee-cluster doctor --json, whether the checks pass or fail",
    schema: doctorResult,
  },
  {
    name: "hash",
    title: "tee-cluster hash --json, with --check whether it is approved or not",
    schema: hashResult,
  },
  {
    name: "hash-explain",
    title: "tee-cluster hash --explain HASH --json, on success",
    schema: hashExplanation,
  },
  {
    name: "hash-export",
    title: "tee-cluster hash --export FILE --json, on success",
    schema: hashExport,
  },
  {
    name: "hash-record",
    title: "the file that tee-cluster hash --export writes and --record reads",
    schema: hashRecordSchema,
  },
  {
    name: "history",
    title: "tee-cluster history --json, whether the history fits or not",
    schema: historyResult,
  },
  { name: "destroy", title: "tee-cluster destroy --json, on success", schema: destroyResult },
  {
    name: "config-migrate",
    title: "tee-cluster config migrate --json, on success, also with --dry-run",
    schema: configMigrateResult,
  },
  { name: "sandbox", title: "tee-cluster sandbox --json, once it is up", schema: sandboxResult },
  {
    name: "failure",
    title: "the --json output of any command that fails",
    schema: failureResult.extend({
      command: z
        .enum([...new Set(commandNames)])
        .describe(failureResult.shape.command.description ?? ""),
    }),
  },
  { name: "verify", title: "tee-cluster verify --json", schema: verifyResult },
  { name: "trust", title: "tee-cluster trust show|diff|pin --json", schema: trustResult },
  { name: "config-show", title: "tee-cluster config show --json", schema: configShowResult },
  { name: "config-init", title: "tee-cluster config init --json", schema: configInitResult },
  { name: "list", title: "tee-cluster list --json", schema: listResult },
  { name: "logs", title: "tee-cluster logs --json", schema: logsResult },
  { name: "completion", title: "tee-cluster completion SHELL --json", schema: completionResult },
  { name: "explain", title: "tee-cluster explain --json", schema: explainResult },
];

/** Draft 2020-12. Objects stay open, so that fields can be added in later versions. */
export function jsonSchema({ name, title, schema }: PublishedSchema): string {
  const { $schema, ...body } = z.toJSONSchema(schema, { io: "input", override: open });
  return `${JSON.stringify({ $schema, $id: `tee-cluster/${name}.json`, title, ...body }, null, 2)}\n`;
}

function open({ jsonSchema: node }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (node.additionalProperties === false) delete node.additionalProperties;
  delete node.readOnly;
}
