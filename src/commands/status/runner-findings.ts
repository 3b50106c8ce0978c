/** Findings on a runner: refused, not answering, or left over. Pure. */
import { command, hint, type Words } from "../../core/command-hint.ts";
import { shortHash } from "../../core/domain.ts";
import { isGone } from "../../runners/running-runners.ts";
import { findingOn } from "./finding-on.ts";
import type { InspectedCvm } from "./inspect-cluster.ts";
import type { CvmStatus, Drift, Refusal, StatusFinding } from "./result.ts";
import { parseCompose } from "../../compose/compose-file.ts";
import { announcedDomains } from "../../compose/domains.ts";
import { ClusterError } from "../../errors/cluster-error.ts";

/** Added to the environment names by an SSH key in the home folder of the user who deploys. */
const SSH_KEY_NAME = "DSTACK_AUTHORIZED_KEYS";

export function runnerFindings(
  cvm: CvmStatus,
  inspected: InspectedCvm,
  drift: Drift | null,
): StatusFinding[] {
  if (cvm.role === "temporary-runner") return leftoverFindings(cvm);
  if (cvm.role !== "runner") return [];
  // Only a running runner asks for keys.
  const asks = cvm.in_progress || !isGone(cvm.status);
  const unlisted = cvm.approved === false ? refused : notOnList;
  return [
    ...(asks && cvm.refusal !== null ? [unlisted(cvm, drift)] : []),
    ...domainFindings(inspected),
    ...healthFindings(cvm),
  ];
}

function refused(cvm: CvmStatus, drift: Drift | null): StatusFinding {
  const { name, compose_hash: hash } = cvm;
  const message = `${name} will be refused: compose hash ${shortHash(hash ?? "")} is not approved; ${reasonOf(cvm.refusal)}`;
  return findingOn(name).error("runner-refused", message, approvalRemedy(cvm, drift));
}

/** The released orchestrator pushes the hashes of all its runners, so what is not on our list may be accepted. */
function notOnList(cvm: CvmStatus, drift: Drift | null): StatusFinding {
  const { name, compose_hash: hash } = cvm;
  const message = `${name}: compose hash ${shortHash(hash ?? "")} is not on our list; accepted if the orchestrator pushed it, refused after the registry's next restart; ${reasonOf(cvm.refusal)}`;
  return findingOn(name).warning("runner-not-on-list", message, approvalRemedy(cvm, drift));
}

function reasonOf(refusal: Refusal | null): string {
  const { compared_with: reference = null, differences = [] } = refusal ?? {};
  if (reference === null) return "no app-compose is recorded to compare it with";
  if (differences.length === 0) return "it is what the local runner compose file makes";
  const against =
    reference.kind === "approved" ? "from the approved one" : "from the local compose file";
  const differing = differences.map(({ message }) => message).join("; ");
  const cause = differing.includes(SSH_KEY_NAME)
    ? "; caused by a public key in ~/.ssh of the user who deployed it"
    : "";
  return `it differs ${against}: ${differing}${cause}`;
}

/**
 * `rotate-hash` approves what the local file makes; anything else was made by mistake, or by somebody else, and is
 * approved only by its hash. Deleting it is never advised: it may serve models.
 */
function approvalRemedy(cvm: CvmStatus, drift: Drift | null): Words {
  if (drift?.predicted_compose_hash === cvm.compose_hash) return hint`${command("rotate-hash")}`;
  // The whole hash is wider than a terminal.
  return hint`${command("status", "--json")}   # its whole hash, for rotate-hash --keep`;
}

/** Neither hash, mode nor content is wrong, so it is a warning. */
function healthFindings(cvm: CvmStatus): StatusFinding[] {
  const { name, health, unanswered } = cvm;
  const { warning } = findingOn(name);
  const logs = hint`${command("logs", name)}`;
  if (cvm.in_progress || health === "healthy") return [];
  if (cvm.status !== "running")
    return [warning("runner-not-running", `${name} is ${cvm.status}`, logs)];
  if (health !== null)
    return [warning("runner-unhealthy", `${name} reports ${JSON.stringify(health)}`, logs)];
  const why = unanswered ?? "its address is not known";
  return [warning("runner-silent", `/health of ${name}: ${why}`, logs)];
}

function leftoverFindings({ name, leftover }: CvmStatus): StatusFinding[] {
  const { warning, note } = findingOn(name);
  if (leftover === "in-use") {
    const message = `${name} is in use: a run is in progress, here or on another machine`;
    return [note("temporary-runner-in-use", message)];
  }
  const whose =
    leftover === "ours" ? "of a run on this machine that was interrupted" : "abandoned by its run";
  const message = `${name} is left over: ${whose}, and paid for`;
  return [warning("left-over-runner", message, hint`${command("init")}   # deletes it first`)];
}

/**
 * The orchestrator chooses no node and passes no domain to its runners: the one in the compose file is announced on
 * every node. A domain that was passed to a runner can't be read back.
 */
function domainFindings({ cvm, appCompose }: InspectedCvm): StatusFinding[] {
  const { name, nodeName, baseDomain } = cvm;
  if (appCompose.kind !== "present" || baseDomain === null) return [];
  const { docker_compose_file: text, allowed_envs: names = [] } = appCompose.value;
  if (text === undefined || names.includes("CVM_BASE_DOMAIN")) return [];
  const other = domainsIn(text, name).filter((domain) => domain !== baseDomain);
  return other.map((domain) => {
    const message = `${name} is on node ${nodeName ?? "(unknown)"}, whose gateway is ${baseDomain}, and its app-compose announces ${domain}: models on it are announced under a domain that does not reach them`;
    return findingOn(name).warning("runner-domain-differs", message);
  });
}

/** A runner that was deployed by other means may run a text that is not a valid compose file. */
function domainsIn(text: string, name: string): readonly string[] {
  try {
    return announcedDomains(parseCompose(text, name));
  } catch (error) {
    if (error instanceof ClusterError) return [];
    throw error;
  }
}
