/** What a rotation will approve: the list with the new hash in it, or an earlier list as it was. */
import { command, hint } from "../../core/command-hint.ts";
import { parseCompose, type ComposeFile } from "../../compose/compose-file.ts";
import {
  runnerEnvironmentNamesOf,
  composeDigestOf,
  environmentNamesOf,
} from "../../compose/environment.ts";
import { parseComposeHash, type ComposeHash } from "../../core/domain.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { sha256Hex } from "../../core/compose-hash.ts";
import { composeFiles, nodeIdOf } from "../../session/facts.ts";
import type { ClusterInputs } from "../../core/settings.ts";
import type { AppComposeStore } from "../../state/app-compose-store.ts";
import type { ClusterRecord } from "../../state/record.ts";
import type { Provenance } from "../../approval/approval.ts";
import { approvedList, type ListPolicy } from "../../approval/approved-list.ts";
import { assertChecked, rollbackTarget, runnersCutOff } from "../../approval/classify-runners.ts";
import { obtainComposeHash, recordedComposeHash } from "../shared/obtain-compose-hash.ts";
import { assertRevocationConfirmed, confirmTemporaryRunner } from "./consent.ts";
import type { Rotating, Rotation } from "./rotation-plan.ts";
import { inputsAsOf } from "../../session/recorded-inputs.ts";
import { lookAtRunners, type RunnersNow } from "../shared/look-at-runners.ts";
import type { ClusterState } from "./inspect-cluster.ts";

export type NextApproval = {
  readonly hashes: readonly ComposeHash[];
  /** As they were when the list was made. */
  readonly runners: RunnersNow;
  /** The registry's compose file. */
  readonly compose: ComposeFile;
  readonly provenance: Pick<Provenance, "runnerHash" | "composeDigest">;
  /** With the settings that the registry is given: a rollback's are those of then. */
  readonly inputs: ClusterInputs;
  /** `at` of the approval that a rollback goes back to. */
  readonly restores: string | null;
  /** Environment names that a rollback takes back with the compose file that had them. */
  readonly expendable: readonly string[];
};

/** Steps 5 to 7 and the list that follows, or with `--rollback` the recorded list before. */
export function nextApproval(run: Rotating, state: ClusterState): Promise<NextApproval> {
  return run.flags.rollback ? restored(run, state) : renewed(run, state);
}

async function renewed(run: Rotating, state: ClusterState): Promise<NextApproval> {
  const { prepared, inputs, facts, policy, flags, steps, session, attester } = run;
  const { record, store, deps } = session;
  await assertChecked(policy, { record, store, live: state.live });
  const runnerFile = await facts.runnerCompose();
  const names = runnerEnvironmentNamesOf(inputs.cluster);
  const known = await recordedComposeHash(runnerFile, names, record, store);
  if (known && policy.drop.includes(known)) throw droppedItself(known, runnerFile, "input");
  const likely = listWith(known, state, state.recorded, policy);
  assertRevocationConfirmed(runnersCutOff(likely, state.atStake), prepared);
  const fresh = await obtainComposeHash(
    {
      cluster: inputs.cluster,
      compose: runnerFile,
      registry: state.registry,
      hashFrom: inputs.hashFrom,
      nodeId: await nodeIdOf(facts),
      store,
      record,
      fresh: flags.fresh,
      allowUnchecked: flags.allowUnchecked,
      attester,
      beforeDeploying: () => confirmTemporaryRunner(facts, prepared),
    },
    steps,
    deps,
    prepared.emit,
  );
  if (policy.drop.includes(fresh)) throw droppedItself(fresh, runnerFile, "verification");
  // What started while the temporary runner was up keeps its access, or the run stops.
  const { appId } = state.registry;
  const context = steps.contextFor(deps);
  const runners = await lookAtRunners(run, { record, appId, complete: state.complete }, context);
  const next = await approvalWith(fresh, runners, state.recorded, run);
  assertRevocationConfirmed(runnersCutOff(next.hashes, runners.atStake), prepared);
  return next;
}

/** The list with the new hash in it, where that is known, and with what is to stay. */
function listWith(
  fresh: ComposeHash | undefined,
  { accepted }: RunnersNow,
  recorded: readonly ComposeHash[],
  policy: ListPolicy,
): readonly ComposeHash[] {
  const live = accepted.map(({ composeHash }) => composeHash);
  return approvedList({ recorded, live, fresh, policy });
}

/** An approval of that list. */
export async function approvalWith(
  fresh: ComposeHash | undefined,
  runners: RunnersNow,
  recorded: readonly ComposeHash[],
  { facts, inputs, policy }: Rotation,
): Promise<NextApproval> {
  const { registry: compose, runner } = await composeFiles(facts);
  return {
    hashes: listWith(fresh, runners, recorded, policy),
    runners,
    compose,
    provenance: { runnerHash: fresh ?? "", composeDigest: runner.digest },
    inputs,
    restores: null,
    expendable: [],
  };
}

async function restored(run: Rotating, state: ClusterState): Promise<NextApproval> {
  const { prepared, inputs, steps, session } = run;
  const { record, registryStore } = session;
  const next = await restoredApproval(inputs, record, registryStore, state);
  assertRevocationConfirmed(runnersCutOff(next.hashes, state.atStake), prepared);
  const passed = [
    "deploy-temporary-runner",
    "read-compose-hash",
    "delete-temporary-runner",
  ] as const;
  for (const id of passed) steps.pass(id, "skipped", "an earlier list is restored");
  return next;
}

/**
 * The list before the last one, with the registry's settings of then and its compose text: what it runs still, or
 * what was kept.
 * @throws ClusterError where nothing is recorded to go back to.
 */
export async function restoredApproval(
  inputs: ClusterInputs,
  record: ClusterRecord,
  registryStore: AppComposeStore,
  { registry, running, live, accepted, atStake, knownList }: ClusterState,
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
    runners: { live, accepted, atStake, knownList },
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

/** `input` only before anything was made. */
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
