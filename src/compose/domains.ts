/** Whether models will be announced under a domain that reaches them. Pure. */
import { orchestratorBaseDomain } from "../orchestrator/urls.ts";
import type { ComposeFile } from "./compose-file.ts";
import { command, hint } from "../core/command-hint.ts";
import type { Finding } from "../core/finding.ts";
import type { FindingCode } from "./catalogue.ts";
import type { ComposePair } from "./lint.ts";
import { valueIn } from "./services.ts";

type DomainFinding = Finding<Extract<FindingCode, `base-domain-${string}`>>;

const VARIABLE = "CVM_BASE_DOMAIN";

/** Where the registry is, and its gateway's domain, as the API says (`node_info.name`, `gateway.base_domain`). */
export type Placement = { readonly node: string; readonly baseDomain: string };

/**
 * Compares the domains that the compose files and the orchestrator will use with the gateway's own. A compose
 * file's default is one node's domain and wrong on any other; that once made models unreachable in production.
 * @param given the domain that the operator says the registry shall announce; undefined: the gateway's own.
 */
export function lintBaseDomain(
  { registry, runner }: ComposePair,
  placement: Placement,
  given: string | undefined,
): readonly DomainFinding[] {
  return [
    ...(given === undefined || given === placement.baseDomain
      ? []
      : [givenDomain(given, placement)]),
    ...otherDomains(registry, placement).map((domain) =>
      registryDomain(registry, domain, placement),
    ),
    ...otherDomains(runner, placement).map((domain) => runnerDomain(runner, domain, placement)),
    ...orchestratorDomain(placement),
  ];
}

/** Domains in the file, as defaults or written in, that are not the gateway's. */
function otherDomains(compose: ComposeFile, { baseDomain }: Placement): readonly string[] {
  return announcedDomains(compose).filter((domain) => domain !== baseDomain);
}

/** Under which domains models are announced where nothing sets the variable: written in, or as default. */
export function announcedDomains(compose: ComposeFile): readonly string[] {
  const domains = compose.services.map((service) => valueIn(service, VARIABLE) ?? "");
  return [...new Set(domains)].filter((domain) => domain !== "");
}

const REGISTRY_UNREACHED =
  "models on the registry would be announced under a domain that does not reach them";

const givenDomain = (domain: string, { node, baseDomain }: Placement): DomainFinding => ({
  code: "base-domain-given",
  severity: "warning",
  message: `${VARIABLE} is ${domain}, and the gateway of node ${node} is ${baseDomain}: ${REGISTRY_UNREACHED}`,
  remedy: "leave --cvm-base-domain out, unless that domain is yours and leads to the gateway",
});

function registryDomain(compose: ComposeFile, domain: string, placement: Placement): DomainFinding {
  const differs = difference(compose, domain, placement);
  if (compose.placeholders.some(({ name }) => name === VARIABLE))
    return {
      code: "base-domain-default",
      severity: "note",
      message: `${differs}: the registry is given the right one`,
      remedy: `nothing to do; if you update the registry by other means, set ${VARIABLE} too`,
    };
  return {
    code: "base-domain-fixed",
    severity: "warning",
    message: `${differs}: ${REGISTRY_UNREACHED}`,
    remedy: `write ${VARIABLE}=\${${VARIABLE}:-${placement.baseDomain}} in ${compose.path}`,
  };
}

/** No orchestrator gives its runners this variable, or chooses their node: the file's own value stands everywhere. */
const runnerDomain = (
  compose: ComposeFile,
  domain: string,
  placement: Placement,
): DomainFinding => ({
  code: "base-domain-runner",
  severity: "warning",
  message: `${difference(compose, domain, placement)}: models on runners there would be announced under a domain that does not reach them`,
  remedy: hint`runners land on any node, and a domain in ${compose.path} is right on one only; where they are: ${command("status")}`,
});

function difference(compose: ComposeFile, domain: string, { node, baseDomain }: Placement): string {
  return `${compose.path} has ${domain} for ${VARIABLE}, and the gateway of node ${node} is ${baseDomain}`;
}

function orchestratorDomain({ node, baseDomain }: Placement): readonly DomainFinding[] {
  const built = orchestratorBaseDomain(node);
  if (built === baseDomain) return [];
  const message = `the orchestrator will look for CVMs on node ${node} under ${built}, and their gateway is ${baseDomain}: it would not reach them`;
  const remedy = "deploy on a node whose gateway domain has its name, with --node";
  return [{ code: "base-domain-orchestrator", severity: "warning", message, remedy }];
}
