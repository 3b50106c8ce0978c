/** The registry CVM as the steps hand it on. */
import { lintBaseDomain } from "../compose/domains.ts";
import type { ComposePair } from "../compose/lint.ts";
import { hint, phala } from "../core/command-hint.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { Cvm } from "../core/domain.ts";
import type { ClusterSettings } from "../core/settings.ts";
import { renderGatewayUrl } from "../orchestrator/urls.ts";
import type { StepContext } from "../workflow/step.ts";

export type Registry = {
  readonly name: string;
  readonly appId: string;
  readonly vmUuid: string;
  readonly nodeName: string;
  readonly baseDomain: string;
  /** Base URL of its spawntee, without a path. */
  readonly url: string;
  readonly cvm: Cvm;
};

/** Whether the API says everything of a CVM that an address needs: an empty node name once got into a URL. */
export function isPlaced(cvm: Cvm): boolean {
  return [cvm.appId, cvm.vmUuid, cvm.nodeName, cvm.baseDomain].every(
    (part) => part !== null && part !== "",
  );
}

/** @throws ClusterError `cvm-incomplete` (platform) where the API leaves out what an address needs. */
export function registryOf(cvm: Cvm, gatewayUrl: string, port: number): Registry {
  const { name, appId, vmUuid, nodeName, baseDomain } = cvm;
  if (!appId || !vmUuid || !nodeName || !baseDomain)
    throw new ClusterError("platform", "cvm-incomplete", {
      message: `Phala's API does not say app_id, vm_uuid, node and gateway domain of ${name}`,
      hint: hint`look at it with: ${phala("cvms", "get", name, "--json")}`,
    });
  const url = renderGatewayUrl(gatewayUrl, { appId, port, node: nodeName, baseDomain });
  return { name, appId, vmUuid, nodeName, baseDomain, url, cvm };
}

/** Size and place of a registry that is there: an update changes neither, and moving one loses its keys. */
export function warnUnchangedSettings(
  { name, nodeName, cvm }: Registry,
  { instanceType, node }: Pick<ClusterSettings, "instanceType" | "node">,
  context: Pick<StepContext, "warn">,
): void {
  if (cvm.instanceType !== null && cvm.instanceType !== instanceType)
    context.warn(
      "instance-type-differs",
      `${name} is a ${cvm.instanceType}, asked for was ${instanceType}: an update does not resize it; runners are made as ${instanceType}`,
    );
  if (node !== undefined && /\D/.test(node) && node !== nodeName)
    context.warn(
      "node-differs",
      `${name} is on ${nodeName}, asked for was ${node}: it stays where it is`,
    );
}

/** Warns of each domain in the files and inputs that is not the gateway's; what the registry is given anyway is not reported again. */
export function warnDomainDifferences(
  { nodeName: node, baseDomain }: Registry,
  files: ComposePair,
  { cvmBaseDomain }: ClusterSettings,
  context: Pick<StepContext, "warn">,
): void {
  for (const { code, severity, message, remedy } of lintBaseDomain(
    files,
    { node, baseDomain },
    cvmBaseDomain,
  )) {
    if (severity === "warning") context.warn(code, remedy ? hint`${message}; ${remedy}` : message);
  }
}
