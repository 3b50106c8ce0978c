/** The result of `verify`: the report, its warnings and error, and who has to be trusted in the end. */
import type { AttestationReport, AttestMode } from "../../core/attestation.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { assertAttested } from "../../trust/attest-registry.ts";
import type { VerifyResult } from "./result.ts";

export type Verified = Omit<VerifyResult, "ok" | "command" | "error" | "warnings" | "trusted">;

/** `off` would leave `verify` nothing to do: it counts as `auto`. */
export function resultOf(mode: AttestMode, name: string, verified: Verified): VerifyResult {
  const { attestation } = verified;
  const failure = failureOf(attestation, mode === "require" ? "require" : "auto", name);
  const warnings = attestation.checks.flatMap(({ result, code, message }) =>
    result === "warning" || (result === "unverified" && failure === undefined)
      ? [{ code: code ?? "attest-unavailable", message }]
      : [],
  );
  const error = failure
    ? { code: failure.code, message: failure.message, hint: failure.advice ?? null, step: null }
    : null;
  return {
    ok: error === null,
    command: "verify",
    ...verified,
    trusted: trustedIn(attestation),
    error,
    warnings,
  };
}

function failureOf(
  report: AttestationReport,
  mode: "auto" | "require",
  name: string,
): ClusterError | undefined {
  try {
    assertAttested(report, mode, name);
    // A verification without any verified evidence is never a success.
    if (report.result === "none") assertAttested(report, "require", name);
    return undefined;
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
}

function trustedIn({ facts }: AttestationReport): string[] {
  if (!facts) return [];
  return [
    "Intel: its SGX root key, TDX, and the collateral that it signs",
    ...(facts.os_image === null ? [] : [`the OS image ${facts.os_image}, by its measurements`]),
    ...(facts.kms === null
      ? []
      : [`the KMS "${facts.kms}": its code, its root key, and whom it allows to update the app`]),
    "the container images that the compose file names, and what runs in them",
  ];
}
