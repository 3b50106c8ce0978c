/**
 * The compose hash that a runner will have, without deploying one: the platform adds fields of its own to an
 * app-compose, so the last one that it made is taken, with our compose text and environment names in it. Pure.
 */
import { composeHashOf, type AppCompose } from "../core/compose-hash.ts";
import type { ComposeHash } from "../core/domain.ts";

/** What a prediction rests on. */
export type PredictionBasis = {
  readonly appCompose: AppCompose;
  /** The compose hash of that app-compose. */
  readonly hash: string;
  /** Where it is from: a temporary runner that was recorded, and when (ISO 8601), or a runner that is up. */
  readonly source:
    | { readonly kind: "recorded"; readonly at: string }
    | { readonly kind: "live-runner"; readonly name: string };
};

/** The basis with a compose text (byte for byte) and environment names (in order) in place. */
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
