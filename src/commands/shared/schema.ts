/**
 * Building blocks of result schemas. A result's type, its JSON Schema (schemas/) and its table in docs/json.md
 * come from its zod schema; a run imports the types only. `.describe()` is the table's text.
 */
import * as z from "zod";
import type { Words } from "../../core/command-hint.ts";
import type { WarningCode } from "../../errors/catalogue.ts";
import { ATTESTATION_CHECK_IDS } from "../../core/attestation.ts";
import { timings as timingsOfRun } from "../../core/results.ts";
import { STEPS } from "../../core/steps.ts";

export const bool = z.boolean();
export const string = z.string();
export const number = z.number();
export const code = z.string().regex(/^[a-z][a-z0-9-]*$/);
export const text = z.string().min(1);
/** Text that may hold commands: the reporter renders them. */
export const words = text as unknown as z.ZodType<Words>;
export const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** ISO 8601, in UTC. */
export const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
export const count = z.int().min(0);
export const url = z.string().regex(/^https?:\/\//);

/** A read-only array. */
export const list = <T extends z.ZodType>(item: T) => z.array(item).readonly();
/** An array without duplicates. */
export const set = <T extends z.ZodType>(item: T, minItems = 0) =>
  list(item).meta({ uniqueItems: true, ...(minItems === 0 ? {} : { minItems }) });
/** Removed (`- `) and added (`+ `) lines. */
export const lineDiff = list(z.string().regex(/^[-+] /));

export const cluster = text.describe("the cluster's name");
export const warnings = list(
  z.object({ code: code as unknown as z.ZodType<WarningCode>, message: words }),
).describe("codes: [errors.md](errors.md)");

export const timings = timingsOfRun.optional();

/** Failures have a schema of their own. */
export const ok = z.literal(true);

/** The result of a command. */
export const result = <O extends z.ZodType, C extends string, S extends z.ZodRawShape>(
  okay: O,
  command: C,
  fields: S,
) => z.object({ ok: okay, command: z.literal(command), ...fields, warnings });

/** The same of a command with `--timings`. */
export const timedResult = <O extends z.ZodType, C extends string, S extends z.ZodRawShape>(
  okay: O,
  command: C,
  fields: S,
) => z.object({ ok: okay, command: z.literal(command), ...fields, warnings, timings });

type Properties = Readonly<Record<string, z.core.JSONSchema.BaseSchema>>;

/** JSON Schema: where the first properties hold, so must the second, else the third. */
export const when = (given: Properties, then: Properties, otherwise?: Properties) => ({
  if: { properties: given },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { properties: then },
  ...(otherwise && { else: { properties: otherwise } }),
});

/** JSON Schema: anything but null. */
export const NOT_NULL = { not: { type: "null" } } as const;

const evidenceCheck = z.object({
  id: z.enum(ATTESTATION_CHECK_IDS),
  result: z.enum(["passed", "warning", "unverified", "failed"]),
  message: text,
});

export const attestationOutcome = z
  .object({ result: z.enum(["verified", "partly", "none"]), checks: list(evidenceCheck) })
  .describe(
    "what the registry's evidence came to: [attestation.md](attestation.md); `none` with `--attest off`",
  );

export const role = z.enum(["registry", "temporary-runner", "runner"]);
export const cvmName = z
  .string()
  .describe("`{cluster}-registry`, `{cluster}-runner-…`; another one where it was renamed");

export const registry = z.object({
  name: z
    .string()
    .regex(/-registry$/)
    .describe("`{cluster}-registry`"),
  app_id: text.describe("as Phala's API gives it"),
  vm_uuid: text.describe("likewise"),
  url: url.describe(
    "where spawntee answers, without a path: `https://{app_id}-9010.{base_domain}`",
  ),
  node: text.describe("the node that it runs on"),
  base_domain: text.describe("its gateway's domain"),
  mode: z.literal("registry+runner").describe("as the registry itself reported it last"),
});

const ids = STEPS.map(({ id }) => id);
export const stepId = z.enum(ids);

/** One entry per step of the command, in order. */
export const steps = (length: number) =>
  list(
    z.object({
      number: z.int().min(1).max(STEPS.length),
      id: stepId.describe("of the step: `deploy-registry`"),
      status: z
        .enum(["done", "skipped", "reused"])
        .describe("`reused`: an earlier run's work was found; `skipped`: not needed"),
      duration_ms: count,
    }),
  )
    .meta({ minItems: length, maxItems: length })
    .describe("in order");

export const plannedAction = z.object({
  action: z.enum(["create", "update", "delete", "write", "reuse", "none"]),
  resource: text.describe("a CVM's name, or a file"),
  detail: z.string().describe("for people"),
});

/** `--dry-run` of any command. */
export const dryRun = z.object({
  ok: z.literal(true),
  command: z.enum(["init", "hash", "destroy"]),
  cluster,
  dry_run: z.literal(true),
  actions: list(plannedAction).describe("in order"),
  warnings,
  timings,
});

/** How two app-composes differ. */
export const appComposeDiff = {
  differences: list(
    z.object({
      field: text.describe("the app-compose's own name: `allowed_envs`, `docker_compose_file`"),
      message: text.describe("for people"),
    }),
  ),
  compose_changes: lineDiff.describe(
    "the lines of the compose text that differ, `- ` or `+ ` before each",
  ),
};
export const difference = appComposeDiff.differences.unwrap().element;

/** As the platform returns it, with every field. */
export const appCompose = z
  .object({ docker_compose_file: z.string().optional(), allowed_envs: list(text).optional() })
  .catchall(z.unknown());
