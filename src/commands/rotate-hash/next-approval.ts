/** What a rotation will approve: the list with the new hash in it, or an earlier list as it was. */
import { approvedList } from "../../approval/approved-list.ts";
import type { Provenance } from "../../approval/approval.ts";
import {
  assertChecked,
  rollbackTarget,
  runnersLosingAccess,
} from "../../approval/classify-runners.ts";
import { parseCompose, type ComposeFile } from "../../compose/compose-file.ts";
import {
  composeDigestOf,
  environmentNamesOf,
  runnerEnvironmentNamesOf,
} from "../../compose/environment.ts";
import { command, hint } from "../../core/command-hint.ts";
import { sha256Hex } from "../../core/compose-hash.ts";
import { parseComposeHash, type ComposeHash } from "../../core/domain.ts";
import type { ClusterInputs } from "../../core/settings.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { composeFiles, nodeIdOf } from "../../session/facts.ts";
import { inputsAsOf } from "../../session/recorded-inputs.ts";
import { inspectRunners, type InspectedRunners } from "../shared/inspect-runners.ts";
import { obtainComposeHash, recordedComposeHash } from "../shared/obtain-compose-hash.ts";
import { assertRevocationConfirmed, confirmTemporaryRunner } from "./consent.ts";
import type { ClusterState } from "./inspect-cluster.ts";
import type { LockedRotation, Rotation } from "./rotation.ts";

export type NextApproval = {
  readonly hashes: readonly ComposeHash[];
  /** As they were when the list was made. */
  readonly runners: InspectedRunners;
  /** The registry's compose file. */
  readonly compose: ComposeFile;
  readonly provenance: Pick<Provenance, "runnerHash" | "composeDigest">;
  /** The inputs whose settings the registry gets: the earlier ones with `--rollback`. */
  readonly inputs: ClusterInputs;
  /** `at` of the approval that a rollback goes back to. */
  readonly restores: string | null;
  /** Environment names that a rollback removes along with the compose file that had them. */
  readonly expendable: readonly string[];
};

/** Steps 5 to 7 and the list that follows, or with `--rollback` the recorded list before. */
export async function nextApproval(
  run: LockedRotation,
  state: ClusterState,
): Promise<NextApproval> {
  if (!run.flags.rollback) return renewed(run, state);
  const next = await restoredApproval(run, state);
  assertRevocationConfirmed(runnersLosingAccess(next.hashes, state.affected), run.prepared);
  for (const id of [
    "deploy-temporary-runner",
    "read-compose-hash",
    "delete-temporary-runner",
  ] as const)
    run.steps.pass(id, "skipped", "an earlier list is restored");
  return next;
}

async function renewed(run: LockedRotation, state: ClusterState): Promise<NextApproval> {
  const { prepared, inputs, facts, policy, flags, steps, session, attester } = run;
  const { record, store, deps } = session;
  const { registry, complete } = state;
  const { cluster, hashFrom } = inputs;
  await assertChecked(policy, { record, store, live: state.live });
  const compose = await facts.runnerCompose();
  const names = runnerEnvironmentNamesOf(cluster);
  const known = await recordedComposeHash(compose, names, record, store);
  if (known && policy.drop.includes(known)) throw droppedItself(known, compose, "input");
  const likely = listWith(known, state, state, run);
  assertRevocationConfirmed(runnersLosingAccess(likely, state.affected), prepared);
  const nodeId = await nodeIdOf(facts);
  const { allowUncheckedHash: allowUnchecked } = flags;
  const source = { cluster, compose, registry, hashFrom, nodeId, store, record };
  const fresh = await obtainComposeHash(
    {
      ...source,
      allowUnchecked,
      attester,
      fresh: flags.fresh,
      beforeDeploying: () => confirmTemporaryRunner(facts, prepared),
    },
    steps,
    deps,
    prepared.emit,
  );
  if (policy.drop.includes(fresh)) throw droppedItself(fresh, compose, "verification");
  // Runners that started meanwhile keep their access, or the run stops.
  const { appId } = registry;
  const runners = await inspectRunners(run, { record, appId, complete }, steps.contextFor(deps));
  const next = await approvalWith(fresh, runners, state, run);
  assertRevocationConfirmed(runnersLosingAccess(next.hashes, runners.affected), prepared);
  return next;
}

/** The recorded list with the new hash in it, where that is known, and without what goes. */
function listWith(
  fresh: ComposeHash | undefined,
  { accepted }: InspectedRunners,
  { recorded }: ClusterState,
  { policy }: Rotation,
): readonly ComposeHash[] {
  const live = accepted.map(({ composeHash }) => composeHash);
  return approvedList({ recorded, live, fresh, policy });
}

export async function approvalWith(
  fresh: ComposeHash | undefined,
  runners: InspectedRunners,
  state: ClusterState,
  rotation: Rotation,
): Promise<NextApproval> {
  const { registry: compose, runner } = await composeFiles(rotation.facts);
  return {
    hashes: listWith(fresh, runners, state, rotation),
    runners,
    compose,
    provenance: { runnerHash: fresh ?? "", composeDigest: runner.digest },
    inputs: rotation.inputs,
    restores: null,
    expendable: [],
  };
}

/**
 * The list before the last one, with the settings and the compose text that the registry had then: what it still
 * runs, or what was kept.
 * @throws ClusterError where nothing is recorded to go back to.
 */
export async function restoredApproval(
  { inputs, session: { record, registryStore } }: Rotation,
  { registry, running, ...runners }: ClusterState,
): Promise<NextApproval> {
  const target = rollbackTarget(record, registry);
  const hashes = target.hashes.flatMap((text) => parseComposeHash(text) ?? []);
  const digest = composeDigestOf(target.settings) ?? "";
  const text = running.docker_compose_file ?? "";
  const kept =
    sha256Hex(text) === digest ? text : (await registryStore.withText(digest))?.docker_compose_file;
  if (kept === undefined) throw earlierComposeMissing(registry.name, digest);
  const runnerHash = hashes.at(-1) ?? "";
  const known = record.composeHashes.findLast(({ hash }) => hash === runnerHash);
  const names = environmentNamesOf(target.settings);
  return {
    hashes,
    runners,
    compose: parseCompose(kept, `the earlier compose file of ${registry.name}`),
    provenance: { runnerHash, composeDigest: known?.composeDigest ?? "" },
    inputs: inputsAsOf(inputs, target.settings),
    restores: target.at,
    expendable: (running.allowed_envs ?? []).filter((name) => !names.includes(name)),
  };
}

function earlierComposeMissing(name: string, digest: string): ClusterError {
  return new ClusterError("prerequisite", "earlier-compose-missing", {
    message: `the compose file that ${name} had with the earlier list (sha256 ${digest.slice(0, 12)}) is not recorded`,
    hint: hint`check that file out again and run: ${command("rotate-hash", "--registry-compose", "PATH")}`,
  });
}

/** `input` only before anything was created. */
function droppedItself(
  hash: string,
  { path }: ComposeFile,
  kind: "input" | "verification",
): ClusterError {
  return new ClusterError(kind, kind === "input" ? "invalid-inputs" : "dropped-itself", {
    message: `--drop ${hash} is the hash of ${path}, which this run is to approve`,
    hint: "leave it out, or give the other compose file with --runner-compose",
  });
}
