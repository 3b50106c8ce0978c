/**
 * The hash record: what a machine without state needs to predict a runner's compose hash and to say whether it is
 * approved, as one file to commit beside the compose file. No secret is in it. See docs/hash.md.
 */
import type { Code, KindOf } from "../errors/catalogue.ts";
import { command, hint } from "../core/command-hint.ts";
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { composeHashOf, type AppCompose } from "../core/compose-hash.ts";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import { parseJson } from "../lib/json.ts";
import type { KnownHashes } from "./known-hashes.ts";

/** Raised whenever an older program could misread a record. */
const HASH_RECORD_VERSION = 1;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const appCompose = z.looseObject({
  docker_compose_file: z.string().optional(),
  allowed_envs: z.array(z.string().min(1)).optional(),
  pre_launch_script: z.string().optional(),
});

export const hashRecordSchema = z.object({
  hash_record: z.literal(HASH_RECORD_VERSION),
  cluster: z.string().min(1),
  /** Host and port of the API, or `sandbox`. */
  api_host: z.string().min(1),
  /** The newest hash of a runner that was read back: what predictions rest on. */
  basis: z.object({ compose_hash: hash, at: z.iso.datetime() }),
  /** The newest list that the registry was given; null where none is known. */
  approved: z
    .object({
      compose_hashes: z.array(hash).min(1).meta({ uniqueItems: true }),
      at: z.iso.datetime(),
      verified: z.boolean(),
    })
    .nullable(),
  /** By compose hash: the basis, and what the approved hashes stand for, where that is known. */
  app_composes: z.record(hash, appCompose),
});

export type HashRecord = Omit<z.infer<typeof hashRecordSchema>, "app_composes"> & {
  readonly app_composes: Readonly<Record<string, AppCompose>>;
};

/** The record of this machine's knowledge for another one. `basis`: a hash that it read back, and its app-compose. */
export async function hashRecordOf(
  known: KnownHashes,
  basis: { readonly hash: string; readonly at: string; readonly appCompose: AppCompose },
  where: { readonly cluster: string; readonly apiHost: string },
): Promise<HashRecord> {
  const approved = known.approvals.at(-1);
  const appComposes: Record<string, AppCompose> = { [basis.hash]: basis.appCompose };
  for (const name of approved?.hashes ?? []) {
    const value = await known.load(name);
    if (value) appComposes[name] = value;
  }
  return {
    hash_record: HASH_RECORD_VERSION,
    cluster: where.cluster,
    api_host: where.apiHost,
    basis: { compose_hash: basis.hash, at: basis.at },
    approved: approved
      ? { compose_hashes: [...approved.hashes], at: approved.at, verified: approved.verified }
      : null,
    app_composes: appComposes,
  };
}

/** The text of the file: the same record is always the same text. */
export function renderHashRecord(record: HashRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** @throws ClusterError as `parseHashRecord`, and `hash-record-unreadable` (input). */
export async function readHashRecord(file: string): Promise<HashRecord> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw refused(
      "input",
      "hash-record-unreadable",
      `can't read the hash record: ${messageOf(error)}`,
    );
  }
  return parseHashRecord(text, file);
}

/**
 * Reads a record and recomputes every hash that an app-compose in it stands under.
 * @throws ClusterError `hash-record-invalid`, `hash-record-too-new` (input), `hash-record-damaged` (verification).
 */
export function parseHashRecord(text: string, file: string): HashRecord {
  const value = parseJson(text);
  const version = versionOf(value);
  if (version === undefined)
    throw refused("input", "hash-record-invalid", `${file} is not a hash record`);
  if (version > HASH_RECORD_VERSION)
    throw new ClusterError("input", "hash-record-too-new", {
      message: `${file} was written by a newer tee-cluster (format ${version}, this one knows ${HASH_RECORD_VERSION})`,
      hint: "upgrade: npm install -g tee-cluster@latest",
    });
  const parsed = hashRecordSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const what = `${file} is not a hash record: ${issue?.path.join(".")}: ${issue?.message}`;
    throw refused("input", "hash-record-invalid", what);
  }
  assertUndamaged(parsed.data, file);
  return parsed.data;
}

/** Whether a text is a hash record of any version, in whatever state. */
export function looksLikeHashRecord(text: string): boolean {
  return versionOf(parseJson(text)) !== undefined;
}

/** The record as what is known of the cluster's hashes. */
export function hashesIn(record: HashRecord, file: string): KnownHashes {
  const { basis, approved, app_composes: appComposes } = record;
  return {
    path: file,
    composeHashes: [
      {
        hash: basis.compose_hash,
        at: basis.at,
        allowedEnvs: appComposes[basis.compose_hash]?.allowed_envs ?? [],
      },
    ],
    approvals: approved
      ? [
          {
            hashes: approved.compose_hashes,
            at: approved.at,
            verified: approved.verified,
            settings: {},
          },
        ]
      : [],
    attempted: undefined,
    load: async (composeHash) => appComposes[composeHash],
  };
}

function assertUndamaged({ basis, app_composes: appComposes }: HashRecord, file: string): void {
  const wrong = Object.entries(appComposes).find(([name, value]) => composeHashOf(value) !== name);
  const what = wrong
    ? `the app-compose under ${wrong[0]} hashes to ${composeHashOf(wrong[1])}`
    : appComposes[basis.compose_hash] === undefined &&
      `the app-compose of its basis ${basis.compose_hash} is missing`;
  if (what !== false)
    throw refused("verification", "hash-record-damaged", `${file} was changed: ${what}`);
}

function versionOf(value: unknown): number | undefined {
  return z.object({ hash_record: z.number() }).safeParse(value).data?.hash_record;
}

function refused<C extends Extract<Code, `hash-record-${string}`>>(
  kind: KindOf<C>,
  code: C,
  message: string,
): ClusterError {
  const advice = hint`write one where init has been run: ${command("hash", "--export", "FILE")}`;
  return new ClusterError(kind, code, { message, hint: advice });
}

export function recordOfAnother(
  file: string,
  what: string,
  recorded: string,
  given: string,
  flag: string,
): ClusterError {
  return new ClusterError("input", "hash-record-of-another", {
    message: `${file} is of the ${what} ${recorded}, this run is about ${given}`,
    hint: `give the record of ${given}, or the ${flag} of ${recorded}`,
  });
}
