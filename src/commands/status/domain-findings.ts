/** Whether a runner's models are announced under a domain that reaches its node. Pure. */
import type { Finding } from "../../core/finding.ts";
import type { StatusCode } from "../../errors/catalogue.ts";
import { parseCompose } from "../../compose/compose-file.ts";
import { announcedDomains } from "../../compose/domains.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import type { SeenCvm } from "./inspect-cluster.ts";

/**
 * The orchestrator chooses no node and gives its runners no domain: the compose file's own stands wherever one lands.
 * One that was given a domain announces that, and it can't be read back.
 */
export function domainFindings({ cvm, appCompose }: SeenCvm): Finding<StatusCode>[] {
  const { name, nodeName, baseDomain } = cvm;
  if (appCompose.kind !== "present" || baseDomain === null) return [];
  const { docker_compose_file: text, allowed_envs: names = [] } = appCompose.value;
  if (text === undefined || names.includes("CVM_BASE_DOMAIN")) return [];
  const other = domainsIn(text, name).filter((domain) => domain !== baseDomain);
  return other.map((domain) => ({
    code: "runner-domain-differs",
    severity: "warning",
    message: `${name} is on node ${nodeName ?? "(unknown)"}, whose gateway is ${baseDomain}, and its app-compose announces ${domain}: models on it are announced under a domain that does not reach them`,
    cvm: name,
  }));
}

/** What runs may have been made by other means, and need not be a compose file as we know them. */
function domainsIn(text: string, name: string): readonly string[] {
  try {
    return announcedDomains(parseCompose(text, name));
  } catch (error) {
    if (error instanceof ClusterError) return [];
    throw error;
  }
}
