/** What is wrong with a registry: it must be up, be spawntee, be healthy, and be in the one mode. Pure. */
import type { Finding } from "../../core/finding.ts";
import type { StatusCode } from "../../errors/catalogue.ts";
import { REGISTRY_MODE, SPAWNTEE_SERVICE } from "../../core/domain.ts";
import type { CvmStatus } from "./model.ts";

/** @param service what answered on `/health`, by its own word. */
export function registryFindings(
  registry: CvmStatus,
  service: string | null,
): Finding<StatusCode>[] {
  const { name, status, health, mode, unanswered } = registry;
  const wrong = (code: StatusCode, message: string, remedy: string): Finding<StatusCode>[] => [
    { code, severity: "error", message, remedy, cvm: name },
  ];
  const logs = `phala logs --cvm-id ${registry.app_id ?? name}`;
  if (health === null) {
    const code = status === "running" ? "registry-unhealthy" : "registry-not-running";
    const doing = registry.in_progress ? `${status}, at work` : status;
    const heard = unanswered ?? (registry.url === null ? "its address is not known" : "not asked");
    return wrong(code, `${name} is ${doing}; /health: ${heard}`, logs);
  }
  if (service !== SPAWNTEE_SERVICE) {
    const message = `${registry.url}/health is answered by ${JSON.stringify(service)}, not by ${SPAWNTEE_SERVICE}`;
    return wrong(
      "wrong-service",
      message,
      "check image and published port in the registry's compose file",
    );
  }
  if (mode !== REGISTRY_MODE) {
    const message = `${name} runs in mode ${JSON.stringify(mode)}, it must be ${JSON.stringify(REGISTRY_MODE)}`;
    return wrong("wrong-mode", message, "its compose file must have MODE=${MODE:-registry+runner}");
  }
  if (health !== "healthy")
    return wrong("registry-unhealthy", `${name} says it is ${JSON.stringify(health)}`, logs);
  return [];
}
