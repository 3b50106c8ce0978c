/** What holds for every CVM: its entry must be complete, and its compose hash that of its app-compose. Pure. */
import { hint, phala } from "../../core/command-hint.ts";
import type { Finding } from "../../core/finding.ts";
import type { StatusCode } from "../../errors/catalogue.ts";
import type { SeenCvm } from "./inspect-cluster.ts";
import type { CvmStatus } from "./model.ts";

export function cvmFindings(cvm: CvmStatus, seen: SeenCvm): Finding<StatusCode>[] {
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
    findings.push({
      code: "app-compose-unread",
      severity: "warning",
      message,
      cvm: name,
    });
  }
  return findings;
}
