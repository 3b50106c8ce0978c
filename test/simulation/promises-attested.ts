/** What attestation promises (docs/attestation.md), as invariants: what the platform lies about is known here. */
import { isMissingEvidence, type AttestationCode } from "../../src/core/attestation.ts";
import type { Sent, Told } from "./cloud.ts";
import { isRegistry } from "./vm.ts";
import type { Falsehood } from "./history.ts";
import type { RunReport } from "./operator.ts";
import type { World } from "./world.ts";

/** By what an attested run finds each lie out. */
const SHOWS_AS: Readonly<Record<Falsehood, AttestationCode | "key" | "nothing">> = {
  "own-env-key": "key",
  "two-env-keys": "key",
  "own-kms": "kms-unknown",
  "foreign-compose": "attest-compose",
  // Of what is made from then on: what runs already has none.
  "foreign-script": "nothing",
  "another-script": "nothing",
  "patched-os": "attest-os-unknown",
  "dev-image": "attest-os-dev",
  "no-tee": "attest-quote",
  "debug-td": "attest-debug",
  "edited-log": "attest-event-log",
  "paths-differ": "attest-paths-differ",
  // Only an update tells what is stale.
  "stale-evidence": "nothing",
  "changed-later": "attest-compose",
  "another-app": "attest-app",
  "stale-tcb": "attest-tcb",
  "revoked-tcb": "attest-tcb",
  "no-evidence": "attest-unavailable",
};

/** Whether the mode lets a registry pass of which the platform lies so. */
function isRefused(lie: Falsehood, mode: "auto" | "require"): boolean {
  const shown = SHOWS_AS[lie];
  if (shown === "nothing") return false;
  return shown === "key" || mode === "require" || !isMissingEvidence(shown);
}

/** Evidence that is missing throughout is a warning in mode auto: neither the lie nor whose key it is can be seen. */
const hidesEvidence = ({ faults }: RunReport["run"]): boolean =>
  faults.some(({ call, times }) => call === "evidence" && times > 1);

/** What the platform lied about all the while. */
const toldThroughout = (world: World, from: number, to: number): Told | undefined =>
  world.cloud.told.find((told) => told.from <= from && told.to >= to);

const modeOf = ({ run }: RunReport): "auto" | "require" | undefined =>
  run.attest === "off" ? undefined : run.attest;

/** No secret leaves before the registry is verified, and none to a key that its KMS has not signed. */
export function secretsWait(world: World, reports: readonly RunReport[]): readonly string[] {
  return world.cloud.sent.flatMap((sent) => {
    const report = reports.find(({ id }) => id === sent.run);
    const mode = report && modeOf(report);
    if (!report || !mode || !sent.hasSecrets) return [];
    const problem = problemOf(sent, report, { world, mode });
    return problem === undefined ? [] : [`--attest ${mode}: the AWS keys were sent ${problem}`];
  });
}

function problemOf(
  { what, vm, at, isOpen }: Sent,
  { startedAt, run }: RunReport,
  { world, mode }: { readonly world: World; readonly mode: "auto" | "require" },
): string | undefined {
  if (!isRegistry(vm)) return `to ${vm.name}`;
  if (what === "create") return "with the creation";
  const told = toldThroughout(world, startedAt, at);
  if (!told || (mode === "auto" && hidesEvidence(run))) return undefined;
  if (isOpen && told.lie !== "own-kms") return `sealed to a key of somebody else (${told.lie})`;
  return isRefused(told.lie, mode) ? `in spite of ${told.lie}` : undefined;
}

/** Success, and the word "verified", only where nothing spoke against the registry. */
export function attestedIsTrue(report: RunReport, world: World): readonly string[] {
  const mode = modeOf(report);
  const { exitCode, result, startedAt, endedAt, run } = report;
  const isAttested = run.command === "init" || run.command === "rotate-hash";
  if (!mode || exitCode !== 0 || !isAttested) return [];
  const told = toldThroughout(world, startedAt, endedAt);
  if (!told) return [];
  // The key is looked at only where something is sealed.
  const isSeen = SHOWS_AS[told.lie] !== "key" && SHOWS_AS[told.lie] !== "nothing";
  if (!isSeen) return [];
  const isHidden = mode === "auto" && hidesEvidence(run);
  if (!isHidden && isRefused(told.lie, mode))
    return [`--attest ${mode}: exit 0 in spite of ${told.lie}`];
  const { attestation } = result as { attestation?: { result: string } };
  return attestation?.result === "verified" ? [`"verified" in spite of ${told.lie}`] : [];
}
