/**
 * Predicts a runner's compose hash without deploying one: the platform adds its own fields to an app-compose, so the
 * last one that it built is used, with our compose text and environment names.
 */
import { composeHashOf, type AppCompose } from "../core/compose-hash.ts";
import type { ComposeHash } from "../core/domain.ts";
import type { AppComposeStore } from "../state/app-compose-store.ts";
import type { ComposeHashRecord } from "../state/record.ts";

/** The app-compose that a prediction is based on. */
export type PredictionBasis = {
  readonly appCompose: AppCompose;
  /** The compose hash of that app-compose. */
  readonly hash: string;
  /** A temporary runner that was recorded (`at`: ISO 8601), or a running runner. */
  readonly source:
    | { readonly kind: "recorded"; readonly at: string }
    | { readonly kind: "live-runner"; readonly name: string };
};

/** The basis with another compose text (byte for byte) and other environment names (in order). */
export function predictAppCompose(
  basis: AppCompose,
  composeText: string,
  environmentNames: readonly string[],
): AppCompose {
  return { ...basis, docker_compose_file: composeText, allowed_envs: environmentNames };
}

/** The hash of the predicted app-compose. */
export function predictComposeHash(
  basis: AppCompose,
  composeText: string,
  environmentNames: readonly string[],
): ComposeHash {
  return composeHashOf(predictAppCompose(basis, composeText, environmentNames));
}

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
