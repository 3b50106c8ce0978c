/** What a healthy registry must prove besides its health: that it shows no secrets, and takes the orchestrator's list. */
import { command, hint } from "../core/command-hint.ts";
import { WALLET } from "../compose/environment.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { StepContext } from "../workflow/step.ts";
import { pollTimes } from "../workflow/wait.ts";
import type { Approval, ApproveComposeHashInput } from "./approval.ts";
import { sendList } from "./push.ts";

/** A gateway that has just begun to route may answer in its place. */
const LOOKS = 3;

/**
 * `/debug/exec` runs commands for anybody who finds the URL; it is asked without one.
 * @throws ClusterError `debug-endpoint-open` (verification), unless the operator insists on it.
 */
export async function assertDebugClosed(
  { registry, allowDebug }: Pick<ApproveComposeHashInput, "registry" | "allowDebug">,
  context: StepContext,
): Promise<void> {
  const { spawntee, signal } = context;
  const look = (): Promise<"closed" | "open" | "unknown"> =>
    spawntee.debugEndpoint(registry.url, signal);
  const seen = await pollTimes(LOOKS, look, (answer) => answer !== "unknown", context);
  if (seen === "closed") return;
  if (seen === "unknown") {
    const message = `whether ${registry.name} has /debug/exec open could not be found out`;
    return context.warn("debug-endpoint-unknown", message);
  }
  const open = `${registry.url}/debug/exec is open: anyone who finds that URL can run commands on ${registry.name} and read its AWS keys`;
  if (allowDebug) return context.warn("debug-endpoint-open", open);
  throw new ClusterError("verification", "debug-endpoint-open", {
    message: open,
    hint: hint`take DEBUG_MODE out of the registry's compose file, then: ${command("rotate-hash")}; after that replace the AWS keys: they may have been read; to insist on it: --allow-debug-registry`,
  });
}

const CONSEQUENCE = "the orchestrator would delete every runner that it creates";

/**
 * Pushes the approved list as the orchestrator does at each start and provisioning: it changes nothing, and where it
 * fails the orchestrator would delete each runner that it creates. What step 8 pushed needs no second proof.
 * @throws ClusterError `orchestrator-push-…` (verification).
 */
export async function proveOrchestratorPush(
  input: ApproveComposeHashInput,
  approval: Approval,
  context: StepContext,
): Promise<void> {
  const { name } = input.registry;
  if (input.gatewayKeyPath === undefined || approval.kind === "pushed") return;
  context.progress("pushing the approved list once, as the orchestrator does");
  const answer = await sendList(input, context);
  if (answer.kind === "not-offered")
    throw new ClusterError("verification", "orchestrator-push-not-offered", {
      message: `${name} has no POST /registry/approve-hash (404), so ${CONSEQUENCE}: its image is too old, or its compose file does not pass ${WALLET} to spawntee`,
      hint: hint`the list itself is approved; name a newer image in the registry's compose file and pass ${WALLET} on there, then run: ${command("rotate-hash")}`,
    });
  if (answer.kind === "refused")
    throw new ClusterError("verification", "orchestrator-push-refused", {
      message: `${name} refuses a list that is signed with the gateway key (${answer.detail}), so ${CONSEQUENCE}`,
      hint: hint`the list itself is approved; ${WALLET} must be the wallet of the key in --gateway-key-path: correct one of the two, then run: ${command("rotate-hash")}`,
    });
}
