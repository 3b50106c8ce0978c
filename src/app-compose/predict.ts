/**
 * Predicts a runner's compose hash without deploying one: the platform adds its own fields to an app-compose, so the
 * last one that it built is used, with our compose text and environment names. Pure.
 */
import { composeHashOf, type AppCompose } from "../core/compose-hash.ts";
import type { ComposeHash } from "../core/domain.ts";

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
