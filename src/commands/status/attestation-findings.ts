/** The registry's attestation, as a status and as findings. Pure. */
import type { AttestationCheck } from "../../core/attestation.ts";
import { command, hint } from "../../core/command-hint.ts";
import type { AttestationState } from "./attestation.ts";
import { findingOn } from "./finding-on.ts";
import type { AttestationStatus, StatusFinding } from "./result.ts";

const VERDICTS = { passed: true, warning: null, unverified: null, failed: false } as const;

export function attestationStatus(state: AttestationState | undefined): AttestationStatus | null {
  if (!state) return null;
  const { verifiedAt, report, unknown } = state;
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

function worstOf(checks: readonly AttestationCheck[]): AttestationCheck | undefined {
  const changed = checks.find(({ code }) => code === "attest-changed");
  return changed ?? checks.find(({ result }) => result === "failed") ?? checks.find(isOpen);
}

const reasonIn = (checks: readonly AttestationCheck[]): string | null =>
  worstOf(checks)?.message ?? null;

export function attestationFindings(
  name: string,
  state: AttestationState | undefined,
): StatusFinding[] {
  const checks = state?.report?.checks ?? [];
  const worst = worstOf(checks);
  if (worst?.code == null) return [];
  const { code, message } = worst;
  const remedy =
    code === "attest-changed"
      ? hint`rotate the AWS keys, then see who updated it: ${command("history")}; if it was you: ${command("trust pin")}`
      : hint`${command("verify")}`;
  const isError = worst.result === "failed" || state?.mode === "require";
  // Where nothing changed since it was verified, the same was missing then.
  const isCompared = checks.some(({ id, result }) => id === "unchanged" && result === "passed");
  if (!isError && isCompared) return [];
  const make = findingOn(name)[isError ? "error" : "warning"];
  return [make(code, `${name}: ${message}`, remedy)];
}
