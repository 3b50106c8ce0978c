/** Step 9's attestation: the registry that has the secrets and the list is the one that they were sent to. */
import { AGAIN, command, hint } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { StepContext } from "../workflow/step.ts";
import type { Expectation } from "../registry/attester.ts";
import type { Approval, ApproveComposeHashInput } from "./approval.ts";

/** @throws ClusterError (verification); after an update its hint says that the secrets are out. */
export async function attestAfter(
  approved: ApproveComposeHashInput,
  approval: Approval,
  context: StepContext,
): Promise<void> {
  const { registry, attestation } = approved;
  if (!attestation) return;
  const { attester } = attestation;
  const expected =
    approval.kind === "updated"
      ? afterUpdate(approved, approval.at, context)
      : attestation.expected;
  try {
    await attester.attest(registry, expected, context);
  } catch (error) {
    const isSent = approval.kind === "updated" && error instanceof ClusterError;
    if (!isSent || error.kind !== "verification") throw error;
    throw new ClusterError(error.kind, error.code, {
      message: `after its update: ${error.message}`,
      hint: hint`it has its secrets and the approved list already: rotate the AWS keys unless you know why; see what is shown: ${command("verify", "--verbose")}; then ${AGAIN}`,
    });
  }
}

/** The configuration that was sent, shown with a certificate that is newer than the update. */
function afterUpdate(
  { compose, environment }: ApproveComposeHashInput,
  at: number,
  { clock, api }: StepContext,
): Expectation {
  const age = clock.monotonic() - at;
  const server = api.serverClock.now();
  const now = server ? server.ms - server.uncertaintyMs : clock.now();
  return {
    composeText: compose.text,
    environmentNames: environment.map(({ name }) => name),
    newerThan: now - age,
    mayHaveChanged: true,
  };
}
