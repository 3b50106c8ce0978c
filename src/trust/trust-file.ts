/** `tee-cluster.trust.json`, which is committed and reviewed like a lockfile. See docs/attestation.md. */
import { command, hint } from "../core/command-hint.ts";
import * as z from "zod";
import { ClusterError } from "../errors/cluster-error.ts";
import { parseJson } from "../lib/json.ts";

const hex = (bytes: number): z.ZodString =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `expected ${bytes * 2} lower-case hex digits`);

/** A sorted list without duplicates: two people who pin the same thing write the same file. */
const sorted = <T extends z.ZodType>(
  item: T,
  keyOf: (item: z.output<T>) => string,
): z.ZodArray<T> =>
  z.array(item).refine(
    (list) =>
      list.every((one, index) => {
        const before = list[index - 1];
        return before === undefined || keyOf(before) < keyOf(one);
      }),
    "expected a sorted list without duplicates",
  );

const TCB_STATUSES = [
  "ConfigurationAndSWHardeningNeeded",
  "ConfigurationNeeded",
  "OutOfDate",
  "OutOfDateConfigurationNeeded",
  "SWHardeningNeeded",
  "UpToDate",
] as const;

const osImage = z.strictObject({
  name: z.string().min(1),
  /** May be missing for a development image, which is only listed to be refused. */
  mrtd: hex(48).optional(),
  rtmr1: hex(48),
  rtmr2: hex(48),
  /** By instance type. It depends on the host, so another value is a warning. */
  rtmr0: z.record(z.string(), hex(48)),
  /** The operator of the host can log in. */
  dev: z.boolean(),
});

export const trustSchema = z.strictObject({
  version: z.literal(1),
  intel_root_sha256: hex(32),
  tcb: z.strictObject({
    /** `Revoked` can't be accepted. */
    accept: sorted(z.enum(TCB_STATUSES), String),
    /** If not empty, a status other than UpToDate is accepted only with these advisories. */
    advisories: sorted(z.string(), String),
    min_evaluation_number: z.int().min(0),
  }),
  kms: sorted(
    z.strictObject({ name: z.string(), k256: hex(33), ca_spki_sha256: hex(32) }),
    ({ name }) => name,
  ),
  os: sorted(osImage, ({ name }) => name),
  pre_launch_scripts: sorted(
    z.strictObject({ sha256: hex(32), note: z.string() }),
    ({ sha256 }) => sha256,
  ),
  /** Fields of an app-compose that may run code, with the SHA-256 of their values (as canonical JSON). */
  app_compose_fields: sorted(
    z.strictObject({ name: z.string(), sha256: hex(32), note: z.string() }),
    ({ name, sha256 }) => `${name} ${sha256}`,
  ),
  registry: z.strictObject({ app_id: hex(20), compose_hash: hex(32) }).optional(),
});

export type Trust = z.infer<typeof trustSchema>;
export type OsImage = Trust["os"][number];

/** @throws ClusterError `bad-trust-file` (input): unknown keys, upper-case hex, lists out of order. */
export function parseTrustFile(text: string, file: string): Trust {
  const value = parseJson(text);
  if (value === undefined) throw badTrustFile(file, "it is not JSON");
  const parsed = trustSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") || "top level";
  throw badTrustFile(file, `${where}: ${issue?.message ?? "invalid"}`);
}

function badTrustFile(file: string, reason: string): ClusterError {
  return new ClusterError("input", "bad-trust-file", {
    message: `invalid trust file ${file}: ${reason}`,
    hint: hint`fix it, or start from the built-in one: ${command("trust show", "--json")}`,
  });
}

/** The text of a trust file, deterministic. */
export const renderTrustFile = (trust: Trust): string => `${JSON.stringify(trust, null, 2)}\n`;
