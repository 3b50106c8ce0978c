/** Whether a registry is still what it was at its last verification. Pure. */
import type { AttestationFacts, Evidence } from "../core/attestation.ts";
import { sha256Hex } from "../core/compose-hash.ts";
import { measuredAppCompose } from "./check-compose.ts";
import type { CheckList } from "./check-list.ts";
import type { LastVerified } from "./last-verified.ts";
import type { Trust } from "./trust-file.ts";

export type Since = {
  readonly last: LastVerified;
  /** SHA-256 of the compose files that this machine may have given it: an update of ours changes it, too. */
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
    `the registry runs something else than at ${last.at} (${unexplained.join(", ")}): ` +
    "its secrets may have been read; rotate the AWS keys";
  return list.refuse("unchanged", "attest-changed", message);
}

const CHANGES = ["app_id", "compose_hash", "OS image", "key provider"] as const;
type Change = (typeof CHANGES)[number];

/** What was not known then is not compared. RTMR0 depends on the host, RTMR3 on all of the rest. */
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

/** What was shown then, and is not now. */
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
