/**
 * The approved list pushed to the running registry (`POST /registry/approve-hash`): its models keep running.
 * A push can only add, and what was pushed does not survive a restart; see docs/rotate-hash.md.
 */
import { AGAIN, command, hint } from "../core/command-hint.ts";
import { readFile } from "node:fs/promises";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import type { ApproveHashAnswer, CvmOperation } from "../core/ports.ts";
import type { StepContext } from "../workflow/step.ts";
import type { Approval, ApproveComposeHashInput } from "./approval.ts";
import type { Registry } from "../registry/registry.ts";

/** A push is idempotent and signed at each try, so it is repeated after an unclear outcome. */
const TRIES = 3;

/**
 * Pushes the whole list.
 * @returns undefined where the registry does not offer that and a restart may do instead.
 * @throws ClusterError (platform) where the registry refuses it, or does not offer it and nothing else may be done.
 */
export async function pushApprovedList(
  input: ApproveComposeHashInput,
  { newest, forgotten }: { readonly newest: CvmOperation | undefined; readonly forgotten: boolean },
  context: StepContext,
): Promise<Approval | undefined> {
  const { registry, via } = input;
  context.progress(`pushing the approved list to ${registry.name}`);
  const answer = await sendList(input, context);
  if (answer.kind === "approved") {
    warnOfRestart(registry, context);
    return { kind: "pushed", correlationId: newest?.correlationId ?? null, forgotten };
  }
  if (answer.kind === "refused")
    throw new ClusterError("platform", "approve-refused", {
      message: `${registry.name} refused the pushed list: ${answer.detail}`,
      hint: "check that --gateway-key-path is the key of the coordinator's wallet, or approve by an update with --approve-via restart",
    });
  if (via === "api")
    throw new ClusterError("platform", "approve-not-offered", {
      message: `${registry.name} does not accept a list while it runs (no POST /registry/approve-hash)`,
      hint: "approve by an update with --approve-via restart; the registry restarts then",
    });
  context.note(`${registry.name} accepts no list while it runs: it is updated instead`);
  return undefined;
}

/**
 * Sends the list until there is a clear answer.
 * @throws ClusterError `approve-uncertain` (platform), `gateway-key` (prerequisite).
 */
export async function sendList(
  input: ApproveComposeHashInput,
  context: StepContext,
): Promise<Exclude<ApproveHashAnswer, { kind: "unclear" }>> {
  const { registry, hashes } = input;
  const push = { url: registry.url, hashes, privateKeyPem: await keyOf(input) };
  let unclear = "";
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const answer = await context.mutations.approveHashes(registry.cvm, push, context.signal);
    if (answer.kind !== "unclear") return answer;
    unclear = answer.detail;
    await context.clock.sleep(context.pollIntervalMs, context.signal);
  }
  throw new ClusterError("platform", "approve-uncertain", {
    message: `${registry.name} gave no clear answer to the pushed list: ${unclear}`,
    hint: hint`the list can safely be pushed again: ${AGAIN}; or approve by an update, with --approve-via restart`,
  });
}

/** Warns that the list in memory is not the one in the environment. */
export function warnOfRestart(registry: Registry, context: StepContext): void {
  context.warn(
    "approved-until-restart",
    hint`${registry.name} has the list in memory only and forgets it at its next restart; to make it permanent when a restart is acceptable: ${command("rotate-hash", "--approve-via", "restart")}`,
  );
}

async function keyOf({ gatewayKeyPath = "" }: ApproveComposeHashInput): Promise<string> {
  try {
    return await readFile(gatewayKeyPath, "utf8");
  } catch (error) {
    throw new ClusterError("prerequisite", "gateway-key", {
      message: `the coordinator's key can't be read: ${messageOf(error)}`,
      hint: "give the path of the RSA private key (PEM) with --gateway-key-path",
    });
  }
}
