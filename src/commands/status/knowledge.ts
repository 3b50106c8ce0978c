/** What this machine knows of a cluster: its record, the app-composes behind the hashes, the local compose file. */
import type { Words } from "../../core/command-hint.ts";
import { composeHashOf, type AppCompose } from "../../core/compose-hash.ts";
import { readComposeFile } from "../../compose/compose-file.ts";
import type { PredictionBasis } from "../../app-compose/predict.ts";
import type { OrchestratorSchema } from "../../core/domain.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { appComposeStore, type AppComposeStore } from "../../state/app-compose-store.ts";
import { readVerifiedState } from "../../state/verified-state.ts";
import { isRunInProgress } from "../../state/lock.ts";
import type { ClusterRecord } from "../../state/record.ts";
import type { StateDirectory } from "../../state/state-directory.ts";
import { findPredictionBasis } from "../../app-compose/prediction-basis.ts";
import type { ClusterLook } from "./inspect-cluster.ts";

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
  /** Whether a run on this machine is at work on the cluster. */
  readonly runAtWork: boolean;
  readonly local: LocalCompose;
  /** The names that the orchestrator gives its runners. */
  readonly environmentNames: readonly string[];
  readonly schema: OrchestratorSchema;
  readonly basis: PredictionBasis | undefined;
};

export type KnowledgeSource = {
  readonly directory: () => Promise<StateDirectory>;
  readonly cluster: string;
  readonly runnerCompose: { readonly path: string; readonly given: boolean };
  /** Which orchestrator it is, by what was said or else recorded, and the names that it gives its runners. */
  readonly orchestrator: (record: ClusterRecord) => Pick<Knowledge, "schema" | "environmentNames">;
};

/** Reads only. @throws ClusterError (prerequisite) for a journal that can't be read. */
export async function recall(source: KnowledgeSource, look: ClusterLook): Promise<Knowledge> {
  const { cluster } = source;
  const directory = await source.directory();
  const state = await readVerifiedState(directory, cluster);
  const { record } = state;
  const store = appComposeStore(directory, state);
  const [recorded, runAtWork, local, basis] = await Promise.all([
    loadApproved(record, store),
    isRunInProgress(directory),
    readLocal(source.runnerCompose),
    findPredictionBasis(record, store, async () => liveAppComposes(look)),
  ]);
  return { record, recorded, runAtWork, local, ...source.orchestrator(record), basis };
}

async function loadApproved(
  record: ClusterRecord,
  store: AppComposeStore,
): Promise<Map<string, AppCompose>> {
  const hashes = [...new Set(record.approvals.flatMap((approval) => approval.hashes))];
  const loaded = await Promise.all(
    hashes.map(async (hash) => [hash, await store.load(hash)] as const),
  );
  return new Map(
    loaded.flatMap(([hash, appCompose]) => (appCompose ? [[hash, appCompose] as const] : [])),
  );
}

/** Those of the runners that are what their compose hash says, the youngest first. */
function liveAppComposes(look: ClusterLook): readonly { name: string; appCompose: AppCompose }[] {
  return look.cvms
    .filter(({ role }) => role === "runner")
    .flatMap(({ cvm, appCompose }) => {
      if (appCompose.kind !== "present" || composeHashOf(appCompose.value) !== cvm.composeHash)
        return [];
      return [{ name: cvm.name, appCompose: appCompose.value }];
    })
    .toReversed();
}

/** Where there is no such file, as on a machine that only watches, there is nothing to compare. */
async function readLocal({ path, given }: KnowledgeSource["runnerCompose"]): Promise<LocalCompose> {
  try {
    const { text } = await readComposeFile(path);
    return { path, found: { kind: "file", text } };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    if (error.code === "compose-missing")
      return { path, found: { kind: "missing", expected: given } };
    return { path, found: { kind: "unusable", message: error.message, advice: error.advice } };
  }
}
