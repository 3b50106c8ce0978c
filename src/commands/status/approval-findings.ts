/** What is not certain of the approved list, what got lost of it, and what will. Pure. */
import { command, hint, type Words } from "../../core/command-hint.ts";
import type { Finding } from "../../core/finding.ts";
import type { StatusCode } from "../../errors/catalogue.ts";
import { shortHash } from "../../core/domain.ts";
import type { Approvals } from "./approvals.ts";

/**
 * @param name the registry's.
 * @param given.unfinished whether an init of this machine made the registry and has not come to its end.
 */
export function approvalFindings(
  name: string,
  approvals: Approvals,
  { unfinished }: { readonly unfinished: boolean },
): Finding<StatusCode>[] {
  const remedy = unfinished
    ? hint`${command("init")}   # resumes, and gives it its list`
    : hint`${command("rotate-hash")}   # sends it a list and records it`;
  return [...doubts(name, approvals, remedy), ...pushed(name, approvals)];
}

function doubts(
  name: string,
  { standing, reason }: Approvals,
  remedy: Words,
): Finding<StatusCode>[] {
  if (standing === "confirmed") return [];
  return [
    {
      code: `approved-list-${standing}`,
      severity: "warning",
      message: `what ${name} approves is not known for certain: ${reason}`,
      // What only can't be told now may be told by the next look.
      remedy: standing === "unconfirmed" ? undefined : remedy,
      cvm: name,
    },
  ];
}

function pushed(name: string, { lost, via }: Approvals): Finding<StatusCode>[] {
  if (lost.length > 0) {
    const what =
      lost.length === 1
        ? `compose hash ${shortHash(lost[0] ?? "")}`
        : `${lost.length} compose hashes`;
    const message = `${name} has restarted since ${what} was pushed to it, and has forgotten it`;
    return [
      {
        code: "approval-lost",
        severity: "warning",
        message,
        remedy: hint`${command("rotate-hash")}`,
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
      remedy: hint`${command("rotate-hash", "--approve-via", "restart")}`,
      cvm: name,
    },
  ];
}
