/** What is wrong with a registry: it must be up, be spawntee, be healthy, and be in the one mode. Pure. */
import { command, hint } from "../../core/command-hint.ts";
import { REGISTRY_MODE, registryName, SPAWNTEE_SERVICE } from "../../core/domain.ts";
import { describeAmbiguous, describeRenamed, PICK_ONE } from "../../registry/ownership.ts";
import { findingOn, type Found } from "./finding-on.ts";
import type { CvmStatus } from "./result.ts";

/** A registry that an orchestrator can't find, or can't tell from another one. */
export function identityFindings(cluster: string, cvms: readonly CvmStatus[]): Found[] {
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

/** @param service what answered on `/health`, by its own word. */
export function registryFindings(registry: CvmStatus, service: string | null): Found[] {
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
    return [error("registry-unhealthy", `${name} says it is ${JSON.stringify(health)}`, logs)];
  return [];
}
