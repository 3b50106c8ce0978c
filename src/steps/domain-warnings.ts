/** Where the gateway's domain, the compose files' default and the orchestrator's own idea of it part ways. */
import type { ComposeFile } from "../compose/compose-file.ts";
import { orchestratorBaseDomain } from "../orchestrator/urls.ts";
import type { Registry } from "./registry.ts";

type Warn = (code: string, message: string) => void;

/** A wrong domain made models unreachable in production, with everything else healthy. */
export function warnOfDomains(registry: Registry, runner: ComposeFile, warn: Warn): void {
  const { baseDomain, nodeName } = registry;
  const built = orchestratorBaseDomain(nodeName);
  if (built !== baseDomain) {
    warn(
      "domain-not-the-orchestrators",
      `the gateway of node ${nodeName} is ${baseDomain}, but the orchestrator will look for CVMs under ${built}: it won't reach them`,
    );
  }
  const fallback = runner.placeholders.find(({ name }) => name === "CVM_BASE_DOMAIN")?.fallback;
  if (!fallback || fallback === baseDomain) return;
  warn(
    "runner-domain-default",
    `${runner.path} has ${fallback} as default for CVM_BASE_DOMAIN, and the orchestrator sets none: models on new runners ` +
      `would be announced under a domain that does not reach them. Write \${CVM_BASE_DOMAIN:-${baseDomain}} there`,
  );
}
