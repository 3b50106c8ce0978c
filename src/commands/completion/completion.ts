/** `completion`: the script that makes a shell ask `tee-cluster complete -- WORDS` on TAB. */
import { command, hint } from "../../core/command-hint.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { closest } from "../../lib/closest.ts";
import type { CompletionResult } from "./result.ts";
import { SCRIPTS } from "./scripts.ts";
import { SHELLS } from "./shells.ts";

/** @throws ClusterError `unknown-shell` (input). */
export function completion(shell: string | undefined): CompletionResult {
  const known = SHELLS.find((name) => name === shell);
  if (known) return { ok: true, command: "completion", shell: known, script: SCRIPTS[known] };
  throw new ClusterError("input", "unknown-shell", {
    message:
      shell === undefined
        ? `which shell? There is completion for ${SHELLS.join(", ")}`
        : `there is no completion for ${JSON.stringify(shell)}, only for ${SHELLS.join(", ")}`,
    hint: hint`for example: ${command("completion", closest(shell ?? "", SHELLS) ?? SHELLS[0])}`,
  });
}

export const renderCompletion = ({ script }: CompletionResult): string[] =>
  script.trimEnd().split("\n");
