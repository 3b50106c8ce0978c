/** What the last verification of a cluster's registry found, in its state directory: `attestation.json`. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import type { AttestationFacts } from "../core/attestation.ts";
import { replaceStateFile } from "../state/state-directory.ts";

const schema = z.object({
  /** ISO */
  at: z.string(),
  app_id: z.string().nullable(),
  compose_hash: z.string().nullable(),
  os_image: z.string().nullable(),
  tcb_status: z.string().default("UpToDate"),
  /** Less than this is an older state of Intel's knowledge. */
  tcb_evaluation_number: z.int().default(0),
  kms: z.string().nullable().default(null),
  /** These two are missing in records of earlier versions. */
  key_provider_sha256: z.string().nullable().default(null),
  registers: z
    .object({ mrtd: z.string(), rtmr1: z.string(), rtmr2: z.string() })
    .nullable()
    .default(null),
  /** SHA-256 of the pre-launch script that was trusted, on first use or because it was pinned. */
  pre_launch_script_sha256: z.string().nullable(),
});

export type LastVerified = z.infer<typeof schema>;

const fileIn = (directory: string): string => path.join(directory, "attestation.json");

/** Undefined where nothing was verified yet, or the file is not readable: the next verification writes it. */
export async function readLastVerified(directory: string): Promise<LastVerified | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(fileIn(directory), "utf8")));
  } catch {
    return undefined;
  }
}

/** `at`: ms since 1970. */
export async function recordVerified(
  directory: string,
  facts: AttestationFacts,
  at: number,
): Promise<LastVerified> {
  const verified = schema.parse({ ...facts, at: new Date(at).toISOString() });
  await replaceStateFile(fileIn(directory), `${JSON.stringify(verified)}\n`);
  return verified;
}
