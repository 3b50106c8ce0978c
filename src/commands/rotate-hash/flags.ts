/** What the operator says about a rotation, checked before anything else is. */
import { command, hint, type Words } from "../../core/command-hint.ts";
import { parseComposeHash, type ComposeHash } from "../../core/domain.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import type { ListPolicy } from "../../approval/approved-list.ts";
import type { AttestFlags } from "../shared/approval-flags.ts";
import type { ApprovalFlags } from "../shared/approval.ts";
import type { CommonFlags } from "../../session/dependencies.ts";

export type RotateFlags = CommonFlags &
  ApprovalFlags &
  AttestFlags & {
    /** Approve the new hash alone. */
    readonly replace: boolean;
    /** Drop recorded hashes that no live runner has. */
    readonly retire: boolean;
    readonly keep: readonly string[];
    readonly drop: readonly string[];
    /** Delete live runners of hashes that go. */
    readonly deleteRevoked: boolean;
    /** Back to the list before. */
    readonly rollback: boolean;
    /** Deploy a temporary runner also where the hash is recorded. */
    readonly fresh: boolean;
  };

/**
 * The policy that the flags ask for.
 * @throws ClusterError (input) for flags that contradict each other, and for an invalid compose hash.
 */
export function listPolicy(flags: RotateFlags): ListPolicy {
  const keep = hashesOf("--keep", flags.keep);
  const drop = hashesOf("--drop", flags.drop);
  const problems = contradictions(flags);
  if (problems.length > 0) throw wrong(problems.join("\n"), "give one or the other");
  return { stay: flags.replace ? "none" : flags.retire ? "live" : "all", keep, drop };
}

/** Whether a hash may go from the list, which a push to the running registry can't do. */
export function shortens({ replace, retire, drop, rollback }: RotateFlags): boolean {
  return replace || retire || rollback || drop.length > 0;
}

function contradictions(flags: RotateFlags): readonly string[] {
  const { replace, retire, rollback, keep, drop, fresh, via } = flags;
  const both = keep.find((hash) => drop.includes(hash));
  const others = replace || retire || fresh || keep.length > 0 || drop.length > 0;
  return [
    ...(replace && retire ? ["--replace and --retire can't be given together"] : []),
    ...(rollback && others
      ? ["--rollback restores a whole list: it goes with no other list option"]
      : []),
    ...(both === undefined ? [] : [`${both} is given to both --keep and --drop`]),
    ...(flags.deleteRevoked && !shortens(flags)
      ? [
          "--delete-revoked goes with an option that drops hashes: --drop, --replace, --retire or --rollback",
        ]
      : []),
    ...(via === "api" && shortens(flags)
      ? ["--approve-via api can only add to the list: a hash is taken from it by an update"]
      : []),
  ];
}

function hashesOf(flag: string, texts: readonly string[]): readonly ComposeHash[] {
  return texts.map((text) => {
    const hash = parseComposeHash(text);
    if (hash) return hash;
    const short = text.length > 70 ? `${text.slice(0, 67)}...` : text;
    throw wrong(
      `${flag}: ${JSON.stringify(short)} is not a compose hash (64 lower-case hex digits)`,
      hint`see the hashes in full: ${command("status", "--json")}`,
    );
  });
}

function wrong(message: string, remedy: Words): ClusterError {
  return new ClusterError("input", "invalid-inputs", { message, hint: remedy });
}
