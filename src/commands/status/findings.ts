/** The findings on a cluster: what is wrong, what is not known, and what to do. Pure. */
import { command, hint, phala } from "../../core/command-hint.ts";
import { bySeverity } from "../../core/finding.ts";
import { registryName, shortHash } from "../../core/domain.ts";
import type { Approvals } from "./approvals.ts";
import type { AttestationState } from "./attestation.ts";
import { attestationFindings } from "./attestation-findings.ts";
import { findingOn } from "./finding-on.ts";
import type { Knowledge } from "./knowledge.ts";
import { registryIn, type ClusterSnapshot, type InspectedCvm } from "./inspect-cluster.ts";
import type { CvmStatus, Drift, StatusFinding } from "./result.ts";
import { approvalFindings, identityFindings, registryFindings } from "./registry-findings.ts";
import { runnerFindings } from "./runner-findings.ts";

type Assessed = {
  readonly cluster: string;
  readonly snapshot: ClusterSnapshot;
  readonly knowledge: Knowledge;
  readonly approvals: Approvals;
  readonly drift: Drift | null;
  readonly cvms: readonly CvmStatus[];
  readonly attestation: AttestationState | undefined;
};

/** Errors first, then warnings, then notes; within each the registry's, the CVMs', the local file's. */
export function findingsOf(assessed: Assessed): readonly StatusFinding[] {
  const { cluster, snapshot, knowledge, approvals, drift, cvms, attestation } = assessed;
  const registry = cvms.find(({ role }) => role === "registry");
  return bySeverity([
    ...(registry ? registryFindings(registry, serviceOf(snapshot)) : [noRegistry(cluster)]),
    ...identityFindings(cluster, cvms),
    ...(registry
      ? [
          ...approvalFindings(registry.name, approvals, isUnfinished(registry, knowledge)),
          ...attestationFindings(registry.name, attestation),
        ]
      : []),
    ...snapshot.cvms.flatMap((inspected, index) => {
      const cvm = cvms[index];
      return cvm ? [...cvmFindings(cvm, inspected), ...runnerFindings(cvm, inspected, drift)] : [];
    }),
    ...localFindings(knowledge, drift),
  ]);
}

/** An init of this machine created it, and no list was ever recorded for it. */
function isUnfinished({ app_id: appId }: CvmStatus, { record }: Knowledge): boolean {
  const created = record.registryCreations.some((creation) => creation.appId === appId);
  return created && !record.approvals.some((approval) => approval.appId === appId);
}

function serviceOf(snapshot: ClusterSnapshot): string | null {
  const health = registryIn(snapshot)?.health;
  return health?.kind === "answered" ? health.value.service : null;
}

function noRegistry(cluster: string): StatusFinding {
  const message = `there is no ${registryName(cluster)} in this account`;
  const remedy = hint`${command("init", "--cluster-name", cluster)}`;
  return findingOn().error("no-registry", message, remedy);
}

function cvmFindings(cvm: CvmStatus, { incomplete, appCompose }: InspectedCvm): StatusFinding[] {
  const { name } = cvm;
  const { error, warning } = findingOn(name);
  const findings: StatusFinding[] = [];
  if (incomplete !== null)
    findings.push(warning("lookup-failed", `${name} could not be looked up: ${incomplete}`));
  if (cvm.compose_hash_checked === false) {
    const message = `the app-compose of ${name} does not hash to the compose hash that Phala's API gives: ${cvm.compose_hash}`;
    const remedy = hint`${phala("cvms", "get", name, "--json")}   # then ask Phala`;
    findings.push(error("compose-hash-mismatch", message, remedy));
  } else if (appCompose.kind === "unknown") {
    const message = `the app-compose of ${name} could not be read: ${appCompose.reason}`;
    findings.push(warning("app-compose-unread", message));
  }
  return findings;
}

function localFindings({ local, schema }: Knowledge, drift: Drift | null): StatusFinding[] {
  const { path, found } = local;
  const { error, warning, note } = findingOn();
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
