/** schemas/*.json, from the zod schemas of the results. */
import { z } from "zod";
import type { AnyCommand } from "../../src/commands/shared/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { createProgram, allCommands, nameOf } from "../../src/cli/program.ts";
import { configMigrateResult } from "../../src/commands/config-migrate/result.ts";
import { destroyResult } from "../../src/commands/destroy/result.ts";
import { doctorResult } from "../../src/commands/doctor/result.ts";
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

/** Those that are more than one document of a command, or have more to say. */
const NAMED: readonly PublishedSchema[] = [
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
];

/** Of every other command: the schema that its `result.ts` exports as `...Result`. */
async function schemaOf({ name: command, argument }: AnyCommand): Promise<PublishedSchema> {
  const name = command.replaceAll(" ", "-");
  const file = new URL(`../../src/commands/${name}/result.ts`, import.meta.url);
  const exported = (await import(/* @vite-ignore */ file.href)) as Record<string, unknown>;
  const schema = Object.entries(exported).find(([key]) => key.endsWith("Result"))?.[1];
  if (!(schema instanceof z.ZodType)) throw new Error(`${file.pathname} exports no ...Result`);
  const word = argument?.optional === false ? ` ${argument.name.toUpperCase()}` : "";
  return { name, title: `tee-cluster ${command}${word} --json`, schema };
}

const others = COMMANDS.filter(
  ({ name }) =>
    !NAMED.some((one) => [name.replaceAll(" ", "-"), name.split(" ")[0]].includes(one.name)),
);

export const SCHEMAS: readonly PublishedSchema[] = [
  ...NAMED,
  ...(await Promise.all(others.map(schemaOf))),
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
