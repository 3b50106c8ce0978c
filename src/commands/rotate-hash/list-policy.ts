/** The list that the operator asks for, checked before anything else is. */
import { command, hint, type Words } from "../../core/command-hint.ts";
import { parseComposeHash, type ComposeHash } from "../../core/domain.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import type { ListPolicy } from "../../approval/approved-list.ts";
import type { CommonFlags } from "../../session/dependencies.ts";
import type { FlagValues } from "../shared/flags.ts";
import type { ROTATE_FLAGS } from "./command.ts";

export type RotateFlags = CommonFlags & FlagValues<typeof ROTATE_FLAGS>;

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

/** Whether the list may lose a hash, which a push to the running registry can't do. */
export function shortens({ replace, retire, drop, rollback }: RotateFlags): boolean {
  return replace || retire || rollback || drop.length > 0;
}

function contradictions(flags: RotateFlags): readonly string[] {
  const { replace, retire, rollback, keep, drop, fresh, approveVia } = flags;
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
    ...(approveVia === "api" && shortens(flags)
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
