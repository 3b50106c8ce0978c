/** The last verification of a cluster's registry, in the state directory: `attestation.json`. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import type { AttestationFacts, Evidence } from "../core/attestation.ts";
import { replaceStateFile } from "../state/state-directory.ts";
import { sha256Hex } from "../core/compose-hash.ts";
import { measuredAppCompose } from "./check-compose.ts";
import type { CheckList } from "./check-list.ts";
import type { Trust } from "./trust-file.ts";

const schema = z.object({
  /** ISO */
  at: z.string(),
  app_id: z.string().nullable(),
  compose_hash: z.string().nullable(),
  os_image: z.string().nullable(),
  tcb_status: z.string().default("UpToDate"),
  /** Lower numbers are older data of Intel. */
  tcb_evaluation_number: z.int().default(0),
  kms: z.string().nullable().default(null),
  /** Missing in records of earlier versions, like `registers`. */
  key_provider_sha256: z.string().nullable().default(null),
  registers: z
    .object({ mrtd: z.string(), rtmr1: z.string(), rtmr2: z.string() })
    .nullable()
    .default(null),
  /** SHA-256 of the trusted pre-launch script (on first use, or pinned). */
  pre_launch_script_sha256: z.string().nullable(),
});

export type LastVerified = z.infer<typeof schema>;

const fileIn = (directory: string): string => path.join(directory, "attestation.json");

/** Undefined if nothing was verified yet, or the file is not readable: the next verification writes it. */
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

export type Since = {
  readonly last: LastVerified;
  /** SHA-256 of the compose files that this machine may have deployed: our own updates change it, too. */
  readonly ownComposeFiles?: ReadonlySet<string> | undefined;
};

export function compareWithLast(
  facts: AttestationFacts,
  { last, ownComposeFiles }: Since,
  { trust, evidence, list }: { trust: Trust; evidence: readonly Evidence[]; list: CheckList },
): void {
  const changed = findChanges(facts, last);
  const excused = excuseOf(facts, { trust, evidence, ownComposeFiles });
  const unexplained = excused ? changed.filter((what) => !excused.changes.includes(what)) : changed;
  const open = lostSince(facts, last);
  if (changed.length === 0 && open.length > 0) {
    const message = `can't be compared with what was verified at ${last.at}: it shows no ${open.join(", ")}`;
    return list.refuse("unchanged", "attest-unavailable", message);
  }
  if (changed.length === 0) return list.pass("unchanged", `the same as at ${last.at}`);
  if (excused && unexplained.length === 0) return list.pass("unchanged", excused.message);
  const message =
    `the registry runs something other than at ${last.at} (${unexplained.join(", ")}): ` +
    "its secrets may have been read; rotate the AWS keys";
  return list.refuse("unchanged", "attest-changed", message);
}

const CHANGES = ["app_id", "compose_hash", "OS image", "key provider"] as const;
type Change = (typeof CHANGES)[number];

/** Unknown values of the last record are not compared. RTMR0 depends on the host, RTMR3 on all of the rest. */
function findChanges(facts: AttestationFacts, last: LastVerified): readonly Change[] {
  const { registers: then } = last;
  const isOtherOs = then
    ? (["mrtd", "rtmr1", "rtmr2"] as const).some((name) => then[name] !== facts.registers[name])
    : last.os_image !== null && last.os_image !== facts.os_image;
  const { key_provider_sha256: provider } = last;
  const differs: Readonly<Record<Change, boolean>> = {
    app_id: isOther(last.app_id, facts.app_id),
    compose_hash: isOther(last.compose_hash, facts.compose_hash),
    "OS image": isOtherOs,
    "key provider":
      provider === null
        ? last.kms !== null && last.kms !== facts.kms && facts.key_provider_sha256 !== null
        : isOther(provider, facts.key_provider_sha256),
  };
  return CHANGES.filter((name) => differs[name]);
}

const isOther = (then: string | null, now: string | null): boolean =>
  then !== null && now !== null && then !== now;

/** The facts that were present then, and are missing now. */
function lostSince(facts: AttestationFacts, last: LastVerified): readonly string[] {
  const compared = ["app_id", "compose_hash", "key_provider_sha256"] as const;
  return compared.filter((name) => last[name] !== null && facts[name] === null);
}

type Excuse = { readonly changes: readonly Change[]; readonly message: string };

function excuseOf(
  facts: AttestationFacts,
  given: { trust: Trust; evidence: readonly Evidence[] } & Pick<Since, "ownComposeFiles">,
): Excuse | undefined {
  const { registry: pin } = given.trust;
  if (pin && pin.app_id === facts.app_id && pin.compose_hash === facts.compose_hash)
    return { changes: ["app_id", "compose_hash"], message: "it runs what the trust file pins" };
  const text = measuredAppCompose(given.evidence, facts)?.docker_compose_file;
  const isOurs = typeof text === "string" && given.ownComposeFiles?.has(sha256Hex(text)) === true;
  if (!isOurs) return undefined;
  return { changes: ["compose_hash"], message: "it runs what an update of this machine gave it" };
}
