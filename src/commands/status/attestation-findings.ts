/** What there is to say of the registry's attestation. Pure. */
import type { AttestationCheck } from "../../core/attestation.ts";
import { command, hint } from "../../core/command-hint.ts";
import type { AttestationLook } from "./attestation.ts";
import { findingOn, type Found } from "./finding-on.ts";
import type { AttestationStatus } from "./result.ts";

const VERDICTS = { passed: true, warning: null, unverified: null, failed: false } as const;

export function attestationStatus(look: AttestationLook | undefined): AttestationStatus | null {
  if (!look) return null;
  const { verifiedAt, report, unknown } = look;
  const comparison = report?.checks.find(({ id }) => id === "unchanged");
  return {
    last_verified_at: verifiedAt,
    result: report?.result ?? null,
    unchanged: comparison ? VERDICTS[comparison.result] : null,
    reason: unknown ?? reasonIn(report?.checks ?? []),
  };
}

const isOpen = ({ result }: AttestationCheck): boolean =>
  result === "failed" || result === "unverified";

/** The worst one. */
function worstOf(checks: readonly AttestationCheck[]): AttestationCheck | undefined {
  const changed = checks.find(({ code }) => code === "attest-changed");
  return changed ?? checks.find(({ result }) => result === "failed") ?? checks.find(isOpen);
}

const reasonIn = (checks: readonly AttestationCheck[]): string | null =>
  worstOf(checks)?.message ?? null;

export function attestationFindings(name: string, look: AttestationLook | undefined): Found[] {
  const checks = look?.report?.checks ?? [];
  const worst = worstOf(checks);
  if (worst?.code == null) return [];
  const { code, message } = worst;
  const remedy =
    code === "attest-changed"
      ? hint`rotate the AWS keys, then see who updated it: ${command("history")}; if it was you: ${command("trust pin")}`
      : hint`${command("verify")}`;
  const isError = worst.result === "failed" || look?.mode === "require";
  // What is missing now was missing when it was verified, where it is the same as then.
  const isCompared = checks.some(({ id, result }) => id === "unchanged" && result === "passed");
  if (!isError && isCompared) return [];
  const make = findingOn(name)[isError ? "error" : "warning"];
  return [make(code, `${name}: ${message}`, remedy)];
}
