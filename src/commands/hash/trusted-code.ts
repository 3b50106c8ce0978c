/** `hash --exact` checks code in the runner's app-compose against the trust file, as init and rotate-hash do. */
import { sha256Hex } from "../../core/compose-hash.ts";
import { temporaryRunnerName } from "../../core/domain.ts";
import { known as knownValue } from "../../inputs/values.ts";
import { TrustedScripts } from "../../registry/trusted-scripts.ts";
import type { Preparation } from "../../session/preparation.ts";
import { hashesOf, type KnownHashes } from "../../state/known-hashes.ts";
import { readTrust } from "../../trust/read-trust.ts";
import type { PredictedHash } from "./prediction.ts";
import type { HashWork } from "./work.ts";

/** @throws ClusterError `attest-compose` (verification); `bad-trust-file` (input) */
export async function assertTrustedCode(
  { appCompose, result }: PredictedHash,
  { settings, known }: HashWork,
  { resolution, sandbox, emit }: Preparation,
): Promise<void> {
  const mode = knownValue(resolution.values, "attest");
  if (mode === "off") return;
  const { trust } = await readTrust(resolution.values.trustFile, sandbox?.trust);
  const scripts = new TrustedScripts({ mode, trust, flags: [], before: await scriptsIn(known) });
  const detail = (message: string): void => emit({ type: "detail", message });
  const name = temporaryRunnerName(settings.clusterName);
  // The script of a running runner is not trusted on first use.
  scripts.assertTrusted(appCompose, name, { detail }, result.basis.kind !== "live-runner");
}

/** Scripts in recorded app-composes, which earlier runs have checked. */
async function scriptsIn(known: KnownHashes): Promise<ReadonlySet<string>> {
  const recorded = await Promise.all(hashesOf(known).map((hash) => known.load(hash)));
  const scripts = recorded.flatMap((appCompose) => appCompose?.pre_launch_script || []);
  return new Set(scripts.map((script) => sha256Hex(script)));
}
