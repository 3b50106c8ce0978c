/** What a finished run answers. */
import type { ComposeHash } from "../../core/domain.ts";
import type { ClusterInputs } from "../../core/settings.ts";
import type { Attester } from "../../registry/attester.ts";
import type { Registry } from "../../registry/registry.ts";
import type { StepRunner } from "../../workflow/step.ts";
import { attestationResult, registryResult } from "../shared/result.ts";
import type { InitResult } from "./result.ts";

export function resultOf(end: {
  readonly inputs: ClusterInputs;
  readonly registry: Registry;
  readonly changed: boolean;
  readonly mode: string;
  readonly fresh: ComposeHash;
  readonly hashes: readonly ComposeHash[];
  readonly path: string;
  readonly usdPerHour: number | null;
  readonly steps: StepRunner;
  readonly attester: Attester | undefined;
}): InitResult {
  const { inputs, registry, changed, mode, fresh, hashes, path, steps, attester } = end;
  const { usdPerHour: usd_per_hour } = end;
  return {
    ok: true,
    command: "init",
    changed,
    cluster: inputs.cluster.clusterName,
    registry: registryResult(registry, mode),
    runner_compose_hash: fresh,
    approved_compose_hashes: hashes,
    orchestrator_config: path,
    usd_per_hour,
    attestation: attestationResult(attester),
    steps: steps.reports,
    warnings: steps.warnings,
    notes: steps.notes,
  };
}
