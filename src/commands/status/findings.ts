/** What there is to say of a cluster besides the facts: what is wrong, what is not known, and what to do. Pure. */
import { command, hint, phala } from "../../core/command-hint.ts";
import { bySeverity } from "../../core/finding.ts";
import { registryName, shortHash, type OrchestratorSchema } from "../../core/domain.ts";
import { approvalFindings } from "./approval-findings.ts";
import type { Approvals } from "./approvals.ts";
import type { AttestationLook } from "./attestation.ts";
import { attestationFindings } from "./attestation-findings.ts";
import { findingOn, type Found } from "./finding-on.ts";
import type { Knowledge, LocalCompose } from "./knowledge.ts";
import type { ClusterLook, SeenCvm } from "./inspect-cluster.ts";
import type { CvmStatus, Drift, StatusFinding } from "./result.ts";
import { identityFindings, registryFindings } from "./registry-findings.ts";
import { runnerFindings } from "./runner-findings.ts";

type Assessed = {
  readonly cluster: string;
  readonly look: ClusterLook;
  readonly knowledge: Knowledge;
  readonly approvals: Approvals;
  readonly drift: Drift | null;
  readonly cvms: readonly CvmStatus[];
  readonly attestation: AttestationLook | undefined;
};

/** Errors first, then warnings, then notes; within each the registry's, the list's, its attestation's, the CVMs', the local file's. */
export function findingsOf(assessed: Assessed): readonly StatusFinding[] {
  const { cluster, look, knowledge, approvals, drift, cvms, attestation } = assessed;
  const { schema } = knowledge;
  const registry = cvms.find(({ role }) => role === "registry");
  const ofRegistry = registry && [
    ...approvalFindings(registry.name, approvals, {
      unfinished: isUnfinished(registry, knowledge),
    }),
    ...attestationFindings(registry.name, attestation),
  ];
  const all = [
    ...(registry ? registryFindings(registry, serviceOf(look)) : [noRegistry(cluster)]),
    ...identityFindings(cluster, cvms),
    ...(ofRegistry ?? []),
    ...look.cvms.flatMap((seen, index) => {
      const cvm = cvms[index];
      return cvm ? [...cvmFindings(cvm, seen), ...runnerFindings(cvm, seen, drift)] : [];
    }),
    ...localFindings(knowledge.local, { drift, schema }),
  ];
  return bySeverity(all).map((finding) => inJson(finding));
}

/** `null` stands for what does not apply. */
function inJson({ code, severity, message, remedy, cvm }: Found): StatusFinding {
  return { code, severity, message, remedy: remedy ?? null, cvm: cvm ?? null };
}

/** An init of this machine made it, and has never recorded a list for it. */
function isUnfinished({ app_id: appId }: CvmStatus, { record }: Knowledge): boolean {
  const created = record.registryCreations.some((creation) => creation.appId === appId);
  return created && !record.approvals.some((approval) => approval.appId === appId);
}

function serviceOf({ cvms }: ClusterLook): string | null {
  const health = cvms.find(({ role }) => role === "registry")?.health;
  return health?.kind === "answered" ? health.value.service : null;
}

function noRegistry(cluster: string): Found {
  const message = `there is no ${registryName(cluster)} in this account`;
  const remedy = hint`${command("init", "--cluster-name", cluster)}`;
  return findingOn(undefined).error("no-registry", message, remedy);
}

function cvmFindings(cvm: CvmStatus, seen: SeenCvm): Found[] {
  const { name } = cvm;
  const { error, warning } = findingOn(name);
  const findings: Found[] = [];
  if (seen.incomplete !== null)
    findings.push(warning("lookup-failed", `${name} could not be looked up: ${seen.incomplete}`));
  if (cvm.compose_hash_checked === false) {
    const message = `the app-compose of ${name} does not hash to the compose hash that Phala's API gives: ${cvm.compose_hash}`;
    const remedy = hint`${phala("cvms", "get", name, "--json")}   # then ask Phala`;
    findings.push(error("compose-hash-mismatch", message, remedy));
  } else if (seen.appCompose.kind === "unknown") {
    const message = `the app-compose of ${name} could not be read: ${seen.appCompose.reason}`;
    findings.push(warning("app-compose-unread", message));
  }
  return findings;
}

function localFindings(
  { path, found }: LocalCompose,
  { drift, schema }: { readonly drift: Drift | null; readonly schema: OrchestratorSchema },
): Found[] {
  const { error, warning, note } = findingOn(undefined);
  if (found.kind === "missing") {
    const message = `no runner compose file at ${path}: nothing to compare with the approved list`;
    return found.expected
      ? [warning("runner-compose-missing", message, "give its path with --runner-compose")]
      : [note("runner-compose-missing", message)];
  }
  if (found.kind === "unusable")
    return [warning("runner-compose-unusable", found.message, found.advice)];
  if (drift?.status !== "not-approved") return [];
  const hash = shortHash(drift.predicted_compose_hash ?? "");
  const which = `compose hash ${hash} is not approved`;
  const message =
    schema === "v2"
      ? `runners made from ${path}: ${which}; the orchestrator pushes it for those that it makes, and the registry's next restart forgets it`
      : `runners made from ${path} will be refused: ${which}`;
  return [error("runner-compose-not-approved", message, hint`${command("rotate-hash")}`)];
}
