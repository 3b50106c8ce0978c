/** The report on the registry's evidence from all sources. Pure. */
import { command, hint, type Words } from "../core/command-hint.ts";
import {
  type AttestationCheck,
  type AttestationFacts,
  type AttestationReport,
  type Collateral,
  type Evidence,
  type Unavailable,
} from "../core/attestation.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { attestCvm, type CvmAttestation, type Expected } from "./attest-cvm.ts";
import { CheckList } from "./check-list.ts";
import { compareWithLast, type Since } from "./last-verified.ts";
import type { Trust } from "./trust-file.ts";

export type AttestationInput = {
  /** From the CVM and from the API, which must agree; or one from a file. */
  readonly evidence: readonly Evidence[];
  /** The sources without evidence, and why. */
  readonly unavailable?: readonly Unavailable[];
  readonly collateral: Collateral | undefined;
  readonly trust: Trust;
  readonly expected: Expected;
  readonly since?: Since | undefined;
  /** ms since 1970 */
  readonly at: number;
};

export function attestRegistry(input: AttestationInput): AttestationReport {
  const { evidence, unavailable = [], ...given } = input;
  const all = evidence.map((one) => attestCvm({ ...given, evidence: one }));
  const list = new CheckList();
  for (const { reason } of unavailable) list.refuse("sources", "attest-unavailable", reason);
  // The CVM's own evidence has the certificate, so its checks come first.
  const [first] = all;
  if (!first) return { result: "none", checks: list.checks, facts: null };
  compareSources(all, list);
  const { since, trust } = input;
  if (first.facts && since) compareWithLast(first.facts, since, { trust, evidence, list });
  const others = all
    .slice(1)
    .flatMap((one) => one.list.checks.filter(({ result }) => result !== "passed"));
  const checks = distinct([...first.list.checks, ...others, ...list.checks]);
  return { result: resultOf(checks, first.facts), checks, facts: first.facts ?? null };
}

const measurementsOf = ({
  registers,
  app_id,
  instance_id,
  compose_hash,
}: AttestationFacts): string => JSON.stringify([registers, app_id, instance_id, compose_hash]);

function compareSources(all: readonly CvmAttestation[], list: CheckList): void {
  const [a, b] = all.map(({ facts }) => facts);
  if (all.length < 2 || !a || !b) return;
  const message = "the API and the CVM itself show different measurements";
  if (measurementsOf(a) === measurementsOf(b))
    list.pass("sources", "the API and the CVM itself say the same");
  else list.refuse("sources", "attest-paths-differ", message);
}

function distinct(checks: readonly AttestationCheck[]): AttestationCheck[] {
  const seen = new Set<string>();
  return checks.filter(({ id, result, message }) => {
    const key = `${id} ${result} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}

function resultOf(
  checks: readonly AttestationCheck[],
  facts: AttestationFacts | undefined,
): AttestationReport["result"] {
  if (!facts || checks.some(({ result }) => result === "failed")) return "none";
  return checks.some(({ result }) => result === "unverified") ? "partly" : "verified";
}

/**
 * Throws for contradicting evidence in both modes, and for missing evidence with `require`.
 * @throws ClusterError (verification) with the check's code
 */
export function assertAttested(
  report: AttestationReport,
  mode: "auto" | "require",
  name: string,
): void {
  const stops = (check: AttestationCheck): boolean =>
    check.result === "failed" ||
    (mode === "require" && check.result !== "passed" && !isRtmr0(check));
  // `attest-changed` first: its hint says what to do about the secrets.
  const found =
    report.checks.find(({ code }) => code === "attest-changed") ??
    report.checks.find(({ result }) => result === "failed") ??
    report.checks.find(stops);
  if (!found) return;
  throw new ClusterError("verification", found.code ?? "attest-unavailable", {
    message: `attestation of ${name}: ${found.code === "attest-unavailable" ? missingIn(report) : found.message}`,
    hint: hintOf(found),
  });
}

/** The reasons of all sources without evidence. */
function missingIn({ checks }: AttestationReport): string {
  const missing = checks.filter(({ code }) => code === "attest-unavailable");
  return [...new Set(missing.map(({ message }) => message))].join("; ");
}

/** RTMR0 depends on the host, so it is a warning in both modes. */
const isRtmr0 = ({ id, result }: AttestationCheck): boolean =>
  id === "os-image" && result === "warning";

function hintOf({ code, result }: AttestationCheck): Words {
  if (code === "attest-changed")
    return hint`rotate the AWS keys and find out who updated it: ${command("history")}; if it was you: ${command("trust pin")}`;
  if (code === "attest-unavailable")
    return "check the network and --collateral-url; offline, give the time of the evidence with --at";
  if (result === "failed")
    return hint`do not send it secrets; see what is shown: ${command("verify", "--verbose")}`;
  return hint`with --attest auto this is a warning; what is trusted: ${command("trust show")}`;
}
