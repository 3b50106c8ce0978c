/** What a prediction of a compose hash rests on: the newest app-compose of the cluster's runners that can be trusted. */
import { composeHashOf, type AppCompose } from "../core/compose-hash.ts";
import type { PredictionBasis } from "./predict.ts";
import type { AppComposeStore } from "../state/app-compose-store.ts";
import type { ComposeHashRecord } from "../state/record.ts";

/** A runner that is up, with an app-compose that was checked against the API's hash of it. */
export type LiveAppCompose = { readonly name: string; readonly appCompose: AppCompose };

/** Newest last, as a `ClusterRecord` has them. */
type ReadBack = { readonly composeHashes: readonly Pick<ComposeHashRecord, "hash" | "at">[] };

/**
 * The newest hash that was read back and whose app-compose is stored and hashes to it; else the first of `live`,
 * which is asked for only then: what is recorded needs no network.
 * @returns undefined where there is neither: then nothing can be predicted.
 * @throws what `live` throws.
 */
export async function findPredictionBasis(
  record: ReadBack,
  store: Pick<AppComposeStore, "load">,
  live: () => Promise<readonly LiveAppCompose[]>,
): Promise<PredictionBasis | undefined> {
  for (const { hash, at } of record.composeHashes.toReversed()) {
    const appCompose = await store.load(hash);
    if (appCompose) return { appCompose, hash, source: { kind: "recorded", at } };
  }
  const [runner] = await live();
  if (!runner) return undefined;
  const { name, appCompose } = runner;
  return { appCompose, hash: composeHashOf(appCompose), source: { kind: "live-runner", name } };
}
