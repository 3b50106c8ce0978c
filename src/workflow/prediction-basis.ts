/** On what a prediction of the runner's compose hash rests. */
import { composeHashOf, type AppCompose } from "../app-compose.ts";
import type { PredictionBasis } from "../compose/prediction.ts";
import type { AppComposeStore } from "../state/app-compose-store.ts";
import type { ClusterRecord } from "../state/record.ts";

/**
 * The app-compose that was recorded last, else that of a live runner; undefined where there is neither.
 * @param live asked only where nothing is recorded.
 */
export async function findPredictionBasis(
  record: ClusterRecord,
  store: AppComposeStore,
  live: () => Promise<readonly { readonly name: string; readonly appCompose: AppCompose }[]>,
): Promise<PredictionBasis | undefined> {
  for (const { hash } of record.composeHashes.toReversed()) {
    const appCompose = await store.load(hash);
    if (appCompose) return { appCompose, hash, source: { kind: "recorded" } };
  }
  const [runner] = await live();
  if (!runner) return undefined;
  const { name, appCompose } = runner;
  return { appCompose, hash: composeHashOf(appCompose), source: { kind: "live-runner", name } };
}
