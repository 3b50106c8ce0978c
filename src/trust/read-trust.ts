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
