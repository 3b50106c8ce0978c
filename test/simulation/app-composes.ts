/** What the model's platform makes of compose files, and their hashes. */
import { buildAppCompose, composeHashOf, type AppCompose } from "../../src/sandbox/app-compose.ts";
import { platformsCompose } from "../../src/sandbox/attestation/api.ts";
import type { Lie } from "../../src/sandbox/attestation/lies.ts";

const known = new Map<string, AppCompose>();
const hashes = new Map<AppCompose, string>();

/**
 * Built once for each text and names: tens of thousands of histories have the same few.
 * @param code what the platform adds to it that runs
 */
export function appComposeOf(
  composeText: string,
  names: readonly string[],
  code: readonly Lie[] = [],
): AppCompose {
  const key = JSON.stringify([composeText, names, code]);
  const plain = { docker_compose_file: composeText, allowed_envs: names };
  const made = known.get(key) ?? platformsCompose({ lies: new Set(code) }, buildAppCompose(plain));
  known.set(key, made);
  return made;
}

export function hashOf(appCompose: AppCompose): string {
  const hash = hashes.get(appCompose) ?? composeHashOf(appCompose);
  hashes.set(appCompose, hash);
  return hash;
}
