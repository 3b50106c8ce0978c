/** This machine's knowledge of a cluster: its record, the app-composes behind the hashes, the local compose file. */
import {
  findPredictionBasis,
  type LiveAppCompose,
  type PredictionBasis,
} from "../../app-compose/predict.ts";
import { readComposeFile } from "../../compose/compose-file.ts";
import { runnerEnvironmentNamesOf } from "../../compose/environment.ts";
import type { Words } from "../../core/command-hint.ts";
import { composeHashOf, type AppCompose } from "../../core/compose-hash.ts";
import type { OrchestratorSchema } from "../../core/domain.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import type { Resolution } from "../../inputs/resolve.ts";
import { known, pickValues } from "../../inputs/values.ts";
import type { Preparation } from "../../session/preparation.ts";
import { withRecordedInputs } from "../../session/recorded-inputs.ts";
import { appComposeStore, type AppComposeStore } from "../../state/app-compose-store.ts";
import { isRunInProgress } from "../../state/lock.ts";
import type { ClusterRecord } from "../../state/record.ts";
import type { StateDirectory } from "../../state/state-directory.ts";
import { readVerifiedState } from "../../state/verified-state.ts";
import type { ClusterSnapshot, InspectedCvm } from "./inspect-cluster.ts";

export type LocalCompose = {
  readonly path: string;
  readonly found:
    | { readonly kind: "file"; readonly text: string }
    /** `expected`: the path was given, not the default. */
    | { readonly kind: "missing"; readonly expected: boolean }
    | { readonly kind: "unusable"; readonly message: string; readonly advice: Words | undefined };
};

export type Knowledge = {
  readonly record: ClusterRecord;
  /** By compose hash, as far as they are on record. */
  readonly recorded: ReadonlyMap<string, AppCompose>;
  /** Whether a run on this machine is in progress on the cluster. */
  readonly runInProgress: boolean;
  readonly local: LocalCompose;
  /** The names that the orchestrator gives its runners. */
  readonly environmentNames: readonly string[];
  readonly schema: OrchestratorSchema;
  readonly basis: PredictionBasis | undefined;
};

/** Reads only. @throws ClusterError (prerequisite) for a journal that can't be read. */
export async function readKnowledge(
  cluster: string,
  directory: StateDirectory,
  { resolution }: Pick<Preparation, "resolution">,
  { cvms }: ClusterSnapshot,
): Promise<Knowledge> {
  const state = await readVerifiedState(directory, cluster);
  const { record } = state;
  const store = appComposeStore(directory, state);
  const { values } = withRecordedInputs(resolution, record).resolution;
  const inputs = pickValues(values, ["orchestratorSchema", "coordinatorWallet"]);
  const [recorded, runInProgress, local, basis] = await Promise.all([
    loadApproved(record, store),
    isRunInProgress(directory),
    readLocal(resolution),
    findPredictionBasis(record, store, liveAppComposes(cvms)),
  ]);
  const environmentNames = runnerEnvironmentNamesOf(inputs);
  const { orchestratorSchema: schema } = inputs;
  return { record, recorded, runInProgress, local, environmentNames, schema, basis };
}

async function loadApproved(
  record: ClusterRecord,
  store: AppComposeStore,
): Promise<ReadonlyMap<string, AppCompose>> {
  const loaded = new Map<string, AppCompose>();
  for (const hash of new Set(record.approvals.flatMap(({ hashes }) => hashes))) {
    const appCompose = await store.load(hash);
    if (appCompose) loaded.set(hash, appCompose);
  }
  return loaded;
}

/** Of the runners whose app-compose matches their compose hash, newest first. */
function liveAppComposes(cvms: readonly InspectedCvm[]): readonly LiveAppCompose[] {
  return cvms.toReversed().flatMap(({ cvm, role, appCompose: found }) => {
    if (role !== "runner" || found.kind !== "present") return [];
    const appCompose = found.value;
    return composeHashOf(appCompose) === cvm.composeHash ? [{ name: cvm.name, appCompose }] : [];
  });
}

/** A machine that only watches the cluster need not have the file. */
async function readLocal({ values, origins }: Resolution): Promise<LocalCompose> {
  const path = known(values, "runnerCompose");
  try {
    const { text } = await readComposeFile(path);
    return { path, found: { kind: "file", text } };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const { code, message, advice } = error;
    if (code !== "compose-missing") return { path, found: { kind: "unusable", message, advice } };
    const expected = !["default", "record"].includes(origins.runnerCompose ?? "default");
    return { path, found: { kind: "missing", expected } };
  }
}
