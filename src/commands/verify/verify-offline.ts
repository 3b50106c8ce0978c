/** `tee-cluster verify --evidence FILE --collateral FILE --at TIME`: for auditors and CI, without an account. */
import { command, hint } from "../../core/command-hint.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { known } from "../../inputs/values.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { prepareOffline } from "../../session/offline-preparation.ts";
import { attestRegistry } from "../../trust/attest-registry.ts";
import { amendTrust, readTrust } from "../../trust/read-trust.ts";
import { readCollateral, readEvidence } from "./evidence-files.ts";
import type { VerifyFlags } from "./command.ts";
import { resultOf } from "./report.ts";
import type { VerifyResult } from "./result.ts";

export async function verifyOffline(run: CommandRun<VerifyFlags>): Promise<VerifyResult> {
  const { flags } = run;
  const { evidence: file, collateral: collateralFile } = flags;
  if (file === undefined || collateralFile === undefined) throw incomplete();
  const at = timeOf(flags.at, run.clock.now());
  // The evidence need not be of a cluster of this machine.
  const { resolution } = await prepareOffline(run, { examples: { clusterName: "offline" } });
  const { values } = resolution;
  const stateDir = known(values, "stateDir");
  const sandbox = flags.sandbox ? (await run.startSandbox(stateDir)).trust : undefined;
  const { trust: own, file: trustFile } = await readTrust(values.trustFile, sandbox);
  const trust = amendTrust(own, { ...flags, seenEvaluation: 0 });
  const [evidence, collateral] = await Promise.all([
    readEvidence(file),
    readCollateral(collateralFile),
  ]);
  const attestation = attestRegistry({ evidence, collateral, trust, expected: {}, at });
  return resultOf(known(values, "attest"), file, {
    cluster: null,
    registry: null,
    at: new Date(at).toISOString(),
    attestation,
    trust_file: trustFile,
    saved: [],
  });
}

function timeOf(text: string | undefined, now: number): number {
  const time = text === undefined ? now : Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw new ClusterError("input", "invalid-inputs", {
    message: `--at: invalid time: ${JSON.stringify(text)}`,
    hint: "use ISO 8601, for example --at 2026-02-28 or --at 2026-02-28T12:00:00Z",
  });
}

function incomplete(): ClusterError {
  return new ClusterError("input", "invalid-inputs", {
    message: "an offline verification needs --evidence FILE and --collateral FILE",
    hint: hint`get both from a running cluster: ${command("verify", "--save-evidence", "DIR")}`,
  });
}
