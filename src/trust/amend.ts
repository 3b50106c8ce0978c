/** What one run trusts beyond the trust file: `--accept-tcb`, `--trust-script`, and what earlier runs have seen. */
import { ClusterError } from "../errors/cluster-error.ts";
import { trustSchema, type Trust } from "./trust-file.ts";

export type Amendment = {
  /** TCB statuses. `Revoked` can't be accepted. */
  readonly acceptTcb: readonly string[];
  /** SHA-256 of pre-launch scripts. */
  readonly trustScript: readonly string[];
  /** The highest TCB evaluation number that was verified before: less is an older state of Intel's knowledge. */
  readonly seenEvaluation: number;
};

/** @throws ClusterError `invalid-inputs` (input) for a status or digest that can't be one */
export function amendTrust(
  trust: Trust,
  { acceptTcb, trustScript, seenEvaluation }: Amendment,
): Trust {
  const { tcb, pre_launch_scripts: scripts } = trust;
  const added = trustScript
    .filter((digest) => !scripts.some(({ sha256 }) => sha256 === digest))
    .map((sha256) => ({ sha256, note: "--trust-script" }));
  const amended = {
    ...trust,
    tcb: {
      ...tcb,
      accept: [...new Set<string>([...tcb.accept, ...acceptTcb])].toSorted(),
      min_evaluation_number: Math.max(tcb.min_evaluation_number, seenEvaluation),
    },
    pre_launch_scripts: [...scripts, ...added].toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1)),
  };
  const parsed = trustSchema.safeParse(amended);
  if (parsed.success) return parsed.data;
  const isStatus = parsed.error.issues[0]?.path[0] === "tcb";
  throw new ClusterError("input", "invalid-inputs", {
    message: isStatus
      ? `--accept-tcb: invalid status: ${acceptTcb.join(", ")}`
      : `--trust-script: invalid SHA-256: ${trustScript.join(", ")}`,
    hint: isStatus
      ? "use a status of Intel's other than Revoked, for example --accept-tcb OutOfDate"
      : "use the 64 lower-case hex digits that verify shows",
  });
}
