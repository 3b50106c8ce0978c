/** What there is to say of a cluster besides the facts: what is wrong, what is not known, and what to do. Pure. */
import { registryName, shortHash } from "../domain.ts";
import type { Approvals } from "./approvals.ts";
import { cvmFindings } from "./cvm-findings.ts";
import type { Knowledge } from "./knowledge.ts";
import type { ClusterLook } from "./look.ts";
import type { CvmStatus, Drift, StatusFinding } from "./model.ts";
import { registryFindings } from "./registry-findings.ts";
import { runnerFindings } from "./runner-findings.ts";

export type Assessed = {
  readonly cluster: string;
  readonly look: ClusterLook;
  readonly knowledge: Knowledge;
  readonly approvals: Approvals;
  readonly drift: Drift | null;
  readonly cvms: readonly CvmStatus[];
};

/** Errors first, then warnings, then notes; within each the registry's, the list's, the CVMs', the local file's. */
export function findingsOf(assessed: Assessed): readonly StatusFinding[] {
  const { cluster, look, knowledge, approvals, drift, cvms } = assessed;
  const registry = cvms.find(({ role }) => role === "registry");
  const all = [
    ...(registry ? registryFindings(registry, serviceOf(look)) : [noRegistry(cluster)]),
    ...(registry ? approvalFindings(registry, approvals) : []),
    ...look.cvms.flatMap((seen, index) => {
      const cvm = cvms[index];
      return cvm ? [...cvmFindings(cvm, seen), ...runnerFindings(cvm, drift)] : [];
    }),
    ...localFindings(knowledge, drift),
  ];
  return SEVERITIES.flatMap((severity) => all.filter((finding) => finding.severity === severity));
}

const SEVERITIES = ["error", "warning", "note"] as const;

function serviceOf({ cvms }: ClusterLook): string | null {
  const health = cvms.find(({ role }) => role === "registry")?.health;
  return health?.kind === "answered" ? health.value.service : null;
}

function noRegistry(cluster: string): StatusFinding {
  return {
    code: "no-registry",
    severity: "error",
    message: `there is no ${registryName(cluster)} in this account`,
    remedy: `tee-cluster init --cluster-name ${cluster}`,
    cvm: null,
  };
}

/** What is not certain of the approved list, and what got lost of it. */
function approvalFindings(registry: CvmStatus, approvals: Approvals): StatusFinding[] {
  const { standing, reason, lost } = approvals;
  const about = { severity: "warning", cvm: registry.name } as const;
  const known = `tee-cluster rotate-hash   # records what it approves`;
  const findings: StatusFinding[] = [];
  if (standing !== "confirmed") {
    const message = `what ${registry.name} approves is not known: ${reason}`;
    findings.push({
      ...about,
      code: `approved-list-${standing}`,
      message,
      remedy: standing === "unconfirmed" ? null : known,
    });
  }
  if (lost.length > 0) {
    const message = `${registry.name} restarted since ${hashes(lost)} had been pushed to it, and forgot`;
    findings.push({ ...about, code: "approval-lost", message, remedy: "tee-cluster rotate-hash" });
  }
  return findings;
}

function localFindings({ local }: Knowledge, drift: Drift | null): StatusFinding[] {
  const { found, path } = local;
  const finding = (
    code: string,
    severity: StatusFinding["severity"],
    message: string,
    remedy: string | null,
  ): StatusFinding[] => [{ code, severity, message, remedy, cvm: null }];
  if (found.kind === "missing") {
    const message = `no runner compose file at ${path}: nothing to compare with the approved list`;
    return finding("runner-compose-missing", found.expected ? "warning" : "note", message, null);
  }
  if (found.kind === "unusable") {
    return finding("runner-compose-unusable", "warning", found.message, found.hint);
  }
  if (drift?.status === "not-approved") {
    const message = `runners made from ${path} will be refused: compose hash ${shortHash(drift.predicted_compose_hash ?? "")} is not approved`;
    return finding("runner-compose-not-approved", "error", message, "tee-cluster rotate-hash");
  }
  if (drift && drift.basis === null) {
    const message = `the compose hash of ${path} can't be predicted: no app-compose of a runner is on record, and no runner is up`;
    return finding("no-prediction", "note", message, null);
  }
  return [];
}

function hashes(list: readonly string[]): string {
  return list.length === 1 ? `compose hash ${shortHash(list[0] ?? "")}` : `${list.length} compose hashes`;
}
