/** The trust that a run goes by: of the file that is named or there, else the built-in one. */
import { readFile } from "node:fs/promises";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import { BUILT_IN_TRUST } from "./built-in.ts";
import { parseTrustFile, trustSchema, type Trust } from "./trust-file.ts";

export const DEFAULT_TRUST_FILE = "tee-cluster.trust.json";

/** `file`: null for the built-in trust, `sandbox` for that of the sandbox. */
export type ReadTrust = { readonly trust: Trust; readonly file: string | null };

/**
 * @param sandboxTrust of a running sandbox, handed in by the composition root under `--sandbox` only. No file and no
 *   variable makes a run trust it; what the file pins of scripts and fields counts there too.
 * @throws ClusterError `bad-trust-file` (input)
 */
export async function readTrust(
  named: string | undefined,
  sandboxTrust?: unknown,
): Promise<ReadTrust> {
  const own = await readOwn(named);
  if (sandboxTrust === undefined) return own;
  const { pre_launch_scripts, app_compose_fields, registry } = own.trust;
  const trust = { ...trustSchema.parse(sandboxTrust), pre_launch_scripts, app_compose_fields };
  return { trust: registry ? { ...trust, registry } : trust, file: own.file ?? "sandbox" };
}

async function readOwn(named: string | undefined): Promise<ReadTrust> {
  const file = named ?? DEFAULT_TRUST_FILE;
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (named === undefined && isAbsent) return { trust: BUILT_IN_TRUST, file: null };
    throw new ClusterError("input", "bad-trust-file", {
      message: `can't read the trust file ${file}: ${messageOf(error)}`,
      hint: "name another one with --trust-file, or leave it out for what is built in",
    });
  }
  return { trust: parseTrustFile(text, file), file };
}

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
