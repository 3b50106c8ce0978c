/** What is not certain of the approved list, what got lost of it, and what will. Pure. */
import { shortHash } from "../../core/domain.ts";
import type { Approvals } from "./approvals.ts";
import type { StatusFinding } from "./model.ts";

/** @param name the registry's. */
export function approvalFindings(name: string, approvals: Approvals): StatusFinding[] {
  return [...doubts(name, approvals), ...pushed(name, approvals)];
}

function doubts(name: string, { standing, reason }: Approvals): StatusFinding[] {
  if (standing === "confirmed") return [];
  return [
    {
      code: `approved-list-${standing}`,
      severity: "warning",
      message: `what ${name} approves is not known for certain: ${reason}`,
      // What only can't be told now may be told by the next look.
      remedy:
        standing === "unconfirmed"
          ? null
          : "tee-cluster rotate-hash   # gives it a list that is on record",
      cvm: name,
    },
  ];
}

function pushed(name: string, { lost, via }: Approvals): StatusFinding[] {
  if (lost.length > 0) {
    const what =
      lost.length === 1
        ? `compose hash ${shortHash(lost[0] ?? "")}`
        : `${lost.length} compose hashes`;
    const message = `${name} has restarted since ${what} had been pushed to it, and forgotten it`;
    return [
      {
        code: "approval-lost",
        severity: "warning",
        message,
        remedy: "tee-cluster rotate-hash",
        cvm: name,
      },
    ];
  }
  if (via !== "api") return [];
  return [
    {
      code: "approved-until-restart",
      severity: "note",
      message: `${name} has its list in memory only and forgets it at its next restart`,
      remedy: "tee-cluster rotate-hash --approve-via restart",
      cvm: name,
    },
  ];
}
