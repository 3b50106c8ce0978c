/** Addresses of a CVM's ports behind the platform's gateway. Pure. */
import { hint, phala } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";

export type Address = {
  readonly appId: string;
  readonly port: number | string;
  readonly node: string;
  readonly baseDomain: string;
};

/**
 * Fills a gateway template in. No part may be empty: an empty node name once got into a URL and into production.
 * @throws ClusterError `address-incomplete` (platform).
 */
export function renderGatewayUrl(template: string, address: Address): string {
  const parts: Record<string, string> = {
    app_id: address.appId,
    port: String(address.port),
    node: address.node,
    base_domain: address.baseDomain,
  };
  return template
    .replaceAll(/\{(app_id|port|node|base_domain)\}/g, (_, name: string) => {
      const part = parts[name] ?? "";
      if (part !== "") return part;
      throw new ClusterError("platform", "address-incomplete", {
        message: `can't fill {${name}} in ${template}: Phala's API did not say it`,
        hint: hint`look at the CVM: ${phala("cvms", "get", "NAME", "--json")}; choose another template with --gateway-url`,
      });
    })
    .replace(/\/+$/, "");
}

/** The URL template that schema v1 wants: the literal `<model-port>` stands for the port. */
export function clusterUrlTemplate(template: string, address: Omit<Address, "port">): string {
  return renderGatewayUrl(template, { ...address, port: "<model-port>" });
}

/** What the orchestrator itself builds from a node's name, whatever the gateway's domain is. */
export function orchestratorBaseDomain(node: string): string {
  return `dstack-pha-${node}.phala.network`;
}
