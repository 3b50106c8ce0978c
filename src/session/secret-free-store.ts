/** The state directory outlives a run, and may be in a CI cache: an app-compose with a secret in it is not put there. */
import { holdsSecret as looksSecret } from "../compose/secret-names.ts";
import type { AppCompose } from "../core/compose-hash.ts";
import type { AppComposeStore } from "../state/app-compose-store.ts";

/** @param onWithheld told of each one that is not stored, by what holds the secret: the next run reads it again. */
export function secretFree(
  store: AppComposeStore,
  holdsSecret: (text: string) => boolean,
  onWithheld: (message: string) => void,
): AppComposeStore {
  const isSecret = (text: string): boolean => looksSecret(text) || holdsSecret(text);
  return {
    ...store,
    async save(appCompose) {
      const part = PARTS.find((name) => isSecret(appCompose[name] ?? ""));
      if (part === undefined) return store.save(appCompose);
      onWithheld(
        `a secret is written into ${WORDS[part]}: it is not kept in the state directory, so the next run can't reuse its hash; pass it in a variable instead`,
      );
    },
  };
}

const PARTS = ["docker_compose_file", "pre_launch_script"] as const satisfies (keyof AppCompose)[];
const WORDS = {
  docker_compose_file: "a compose file",
  pre_launch_script: "a pre-launch script",
};
