/** Finds the basis of a prediction: the newest verified app-compose of the cluster's runners. */
import { composeHashOf, type AppCompose } from "../core/compose-hash.ts";
import type { PredictionBasis } from "./predict.ts";
import type { AppComposeStore } from "../state/app-compose-store.ts";
import type { ComposeHashRecord } from "../state/record.ts";

/** A running runner with its app-compose, which matches the API's hash. */
export type LiveAppCompose = { readonly name: string; readonly appCompose: AppCompose };

/** Newest last, as in `ClusterRecord`. */
type ReadBack = { readonly composeHashes: readonly Pick<ComposeHashRecord, "hash" | "at">[] };

/**
 * The newest recorded hash whose app-compose is stored and hashes to it; else the first of `live`.
 * @returns undefined if there is neither: then nothing can be predicted.
 */
export async function findPredictionBasis(
  record: ReadBack,
  store: Pick<AppComposeStore, "load">,
  live: readonly LiveAppCompose[] = [],
): Promise<PredictionBasis | undefined> {
  for (const { hash, at } of record.composeHashes.toReversed()) {
    const appCompose = await store.load(hash);
    if (appCompose) return { appCompose, hash, source: { kind: "recorded", at } };
  }
  const [runner] = live;
  if (!runner) return undefined;
  const { name, appCompose } = runner;
  return { appCompose, hash: composeHashOf(appCompose), source: { kind: "live-runner", name } };
}
