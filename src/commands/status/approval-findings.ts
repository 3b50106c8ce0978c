/** What is not certain of the approved list, what got lost of it, and what will. Pure. */
import { command, hint, type Words } from "../../core/command-hint.ts";
import { shortHash } from "../../core/domain.ts";
import type { Approvals } from "./approvals.ts";
import { findingOn, type Found } from "./finding-on.ts";

/**
 * @param name the registry's.
 * @param given.unfinished whether an init of this machine made the registry and has not come to its end.
 */
export function approvalFindings(
  name: string,
  approvals: Approvals,
  { unfinished }: { readonly unfinished: boolean },
): Found[] {
  const remedy = unfinished
    ? hint`${command("init")}   # resumes, and gives it its list`
    : hint`${command("rotate-hash")}   # sends it a list and records it`;
  return [...doubts(name, approvals, remedy), ...pushed(name, approvals)];
}

function doubts(name: string, { standing, reason }: Approvals, remedy: Words): Found[] {
  if (standing === "confirmed") return [];
  const message = `what ${name} approves is not known for certain: ${reason}`;
  // What only can't be told now may be told by the next look.
  const advice = standing === "unconfirmed" ? undefined : remedy;
  return [findingOn(name).warning(`approved-list-${standing}`, message, advice)];
}

function pushed(name: string, { lost, via }: Approvals): Found[] {
  const { warning, note } = findingOn(name);
  if (lost.length > 0) {
    const what =
      lost.length === 1
        ? `compose hash ${shortHash(lost[0] ?? "")}`
        : `${lost.length} compose hashes`;
    const message = `${name} has restarted since ${what} was pushed to it, and has forgotten it`;
    return [warning("approval-lost", message, hint`${command("rotate-hash")}`)];
  }
  if (via !== "api") return [];
  const message = `${name} has its list in memory only and forgets it at its next restart`;
  const remedy = hint`${command("rotate-hash", "--approve-via", "restart")}`;
  return [note("approved-until-restart", message, remedy)];
}
