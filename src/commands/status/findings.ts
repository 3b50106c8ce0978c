/** What there is to say of a cluster besides the facts: what is wrong, what is not known, and what to do. Pure. */
import { command, hint, phala } from "../../core/command-hint.ts";
import { bySeverity, type Finding } from "../../core/finding.ts";
import type { StatusCode } from "../../errors/catalogue.ts";
import { registryName, shortHash, type OrchestratorSchema } from "../../core/domain.ts";
import { approvalFindings } from "./approval-findings.ts";
import type { Approvals } from "./approvals.ts";
import type { AttestationLook } from "./attestation.ts";
import { attestationFindings } from "./attestation-findings.ts";
import type { Knowledge, LocalCompose } from "./knowledge.ts";
import type { ClusterLook, SeenCvm } from "./inspect-cluster.ts";
import type { CvmStatus, Drift, StatusFinding } from "./model.ts";
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
  const all = [
    ...(registry ? registryFindings(registry, serviceOf(look)) : [noRegistry(cluster)]),
    ...identityFindings(cluster, cvms),
    ...(registry
      ? approvalFindings(registry.name, approvals, {
          unfinished: isUnfinished(registry, knowledge),
        })
      : []),
    ...(registry ? attestationFindings(registry.name, attestation) : []),
    ...look.cvms.flatMap((seen, index) => {
      const cvm = cvms[index];
      return cvm ? [...cvmFindings(cvm, seen), ...runnerFindings(cvm, seen, drift)] : [];
    }),
    ...localFindings(knowledge.local, { drift, schema }),
  ];
  return bySeverity(all).map((finding) => inJson(finding));
}

/** `null` stands for what does not apply. */
function inJson({ code, severity, message, remedy, cvm }: Finding<StatusCode>): StatusFinding {
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

function noRegistry(cluster: string): Finding<StatusCode> {
  return {
    code: "no-registry",
    severity: "error",
    message: `there is no ${registryName(cluster)} in this account`,
    remedy: hint`${command("init", "--cluster-name", cluster)}`,
  };
}

function cvmFindings(cvm: CvmStatus, seen: SeenCvm): Finding<StatusCode>[] {
  const { name } = cvm;
  const findings: Finding<StatusCode>[] = [];
  if (seen.incomplete !== null) {
    const message = `${name} could not be looked up: ${seen.incomplete}`;
    findings.push({ code: "lookup-failed", severity: "warning", message, cvm: name });
  }
  if (cvm.compose_hash_checked === false) {
    findings.push({
      code: "compose-hash-mismatch",
      severity: "error",
      message: `the app-compose of ${name} does not hash to the compose hash that Phala's API gives: ${cvm.compose_hash}`,
      remedy: hint`${phala("cvms", "get", name, "--json")}   # then ask Phala`,
      cvm: name,
    });
  } else if (seen.appCompose.kind === "unknown") {
    const message = `the app-compose of ${name} could not be read: ${seen.appCompose.reason}`;
    findings.push({ code: "app-compose-unread", severity: "warning", message, cvm: name });
  }
  return findings;
}

function localFindings(
  { path, found }: LocalCompose,
  { drift, schema }: { readonly drift: Drift | null; readonly schema: OrchestratorSchema },
): Finding<StatusCode>[] {
  if (found.kind === "missing")
    return [
      {
        code: "runner-compose-missing",
        severity: found.expected ? "warning" : "note",
        message: `no runner compose file at ${path}: nothing to compare with the approved list`,
        remedy: found.expected ? "give its path with --runner-compose" : undefined,
      },
    ];
  if (found.kind === "unusable") {
    const { message, advice: remedy } = found;
    return [{ code: "runner-compose-unusable", severity: "warning", message, remedy }];
  }
  if (drift?.status !== "not-approved") return [];
  const hash = shortHash(drift.predicted_compose_hash ?? "");
  const which = `compose hash ${hash} is not approved`;
  return [
    {
      code: "runner-compose-not-approved",
      severity: "error",
      message:
        schema === "v2"
          ? `runners made from ${path}: ${which}; the orchestrator pushes it for those that it makes, and the registry's next restart forgets it`
          : `runners made from ${path} will be refused: ${which}`,
      remedy: hint`${command("rotate-hash")}`,
    },
  ];
}
