/** What there is to say of a cluster besides the facts: what is wrong, what is not known, and what to do. Pure. */
import { command, hint } from "../../core/command-hint.ts";
import { bySeverity, type Finding } from "../../core/finding.ts";
import type { StatusCode } from "../../errors/catalogue.ts";
import { registryName } from "../../core/domain.ts";
import { approvalFindings } from "./approval-findings.ts";
import type { Approvals } from "./approvals.ts";
import { cvmFindings } from "./cvm-findings.ts";
import type { AttestationLook } from "./attestation.ts";
import { attestationFindings } from "./attestation-findings.ts";
import type { Knowledge } from "./knowledge.ts";
import { localFindings } from "./local-findings.ts";
import type { ClusterLook } from "./inspect-cluster.ts";
import type { CvmStatus, Drift, StatusFinding } from "./model.ts";
import { identityFindings, registryFindings } from "./registry-findings.ts";
import { runnerFindings } from "./runner-findings.ts";

export type Assessed = {
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
