/** Findings on the registry: its identity, its service, and the list that it approves. Pure. */
import { command, hint, type Words } from "../../core/command-hint.ts";
import { REGISTRY_MODE, registryName, shortHash, SPAWNTEE_SERVICE } from "../../core/domain.ts";
import { describeAmbiguous, describeRenamed, PICK_ONE } from "../../registry/ownership.ts";
import type { Approvals } from "./approvals.ts";
import { findingOn } from "./finding-on.ts";
import type { CvmStatus, StatusFinding } from "./result.ts";

/** A registry that an orchestrator can't find, or can't tell from another one. */
export function identityFindings(cluster: string, cvms: readonly CvmStatus[]): StatusFinding[] {
  const name = registryName(cluster);
  const registries = cvms.filter(({ role }) => role === "registry");
  const [first, ...others] = registries;
  if (first === undefined) return [];
  const { error, warning } = findingOn(first.name);
  if (others.length > 0) {
    const found = registries.map(({ name: given, app_id: appId, vm_uuid: vmUuid }) => ({
      name: given,
      appId,
      vmUuid,
    }));
    return [error("registry-ambiguous", describeAmbiguous(name, found), PICK_ONE)];
  }
  if (first.name === name) return [];
  const message = describeRenamed({ now: first.name, appId: first.app_id, name });
  return [warning("registry-renamed", message)];
}

/** It must be up, be spawntee, be healthy, and be in the one mode. @param service as `/health` reports it. */
export function registryFindings(registry: CvmStatus, service: string | null): StatusFinding[] {
  const { name, status, health, mode, unanswered } = registry;
  const { error } = findingOn(name);
  const logs = hint`${command("logs")}`;
  if (health === null) {
    const code = status === "running" ? "registry-unhealthy" : "registry-not-running";
    const doing = registry.in_progress ? `${status}, operation in progress` : status;
    const heard = unanswered ?? (registry.url === null ? "its address is not known" : "not asked");
    return [error(code, `${name} is ${doing}; /health: ${heard}`, logs)];
  }
  if (service !== SPAWNTEE_SERVICE) {
    const message = `${registry.url}/health is answered by ${JSON.stringify(service)}, not by ${SPAWNTEE_SERVICE}`;
    const remedy = "check image and published port in the registry's compose file";
    return [error("wrong-service", message, remedy)];
  }
  if (mode !== REGISTRY_MODE) {
    const message = `${name} runs in mode ${JSON.stringify(mode)}, it must be ${JSON.stringify(REGISTRY_MODE)}`;
    return [
      error("wrong-mode", message, "its compose file must have MODE=${MODE:-registry+runner}"),
    ];
  }
  if (health !== "healthy")
    return [error("registry-unhealthy", `${name} reports ${JSON.stringify(health)}`, logs)];
  return [];
}

/** @param unfinished whether an init of this machine created the registry and was never completed. */
export function approvalFindings(
  name: string,
  approvals: Approvals,
  unfinished: boolean,
): StatusFinding[] {
  const remedy = unfinished
    ? hint`${command("init")}   # resumes, and gives it its list`
    : hint`${command("rotate-hash")}   # sends it a list and records it`;
  return [...doubts(name, approvals, remedy), ...pushed(name, approvals)];
}

function doubts(name: string, { standing, reason }: Approvals, remedy: Words): StatusFinding[] {
  if (standing === "confirmed") return [];
  const message = `what ${name} approves is not known for certain: ${reason}`;
  // The next poll may confirm it.
  const advice = standing === "unconfirmed" ? undefined : remedy;
  return [findingOn(name).warning(`approved-list-${standing}`, message, advice)];
}

function pushed(name: string, { lost, via }: Approvals): StatusFinding[] {
  const { warning, note } = findingOn(name);
  if (lost.length > 0) {
    const what =
      lost.length === 1
        ? `compose hash ${shortHash(lost[0] ?? "")}`
        : `${lost.length} compose hashes`;
    const message = `${name} has restarted since ${what} was pushed to it, and has forgotten it`;
    return [warning("approval-lost", message, hint`${command("rotate-hash")}`)];
  }
  if (via !== "api") return [];
  const message = `${name} has its list in memory only and forgets it at its next restart`;
  const remedy = hint`${command("rotate-hash", "--approve-via", "restart")}`;
  return [note("approved-until-restart", message, remedy)];
}
