/** Secrets that a user marks: `TEE_CLUSTER_SECRETS=NAME,NAME2` lists environment variables with secret values. */
import { ClusterError } from "../errors/cluster-error.ts";

const VARIABLE = "TEE_CLUSTER_SECRETS";
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function entries(env: NodeJS.ProcessEnv): readonly string[] {
  return (env[VARIABLE] ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

/** The marked names. They need not be set: one list may serve several jobs. */
export function markedNames(env: NodeJS.ProcessEnv): readonly string[] {
  return entries(env).filter((entry) => NAME.test(entry));
}

/** The marked values, and entries that are not valid names, because they may be the secret itself. */
export function markedSecrets(env: NodeJS.ProcessEnv): readonly string[] {
  return entries(env).flatMap((entry) => (NAME.test(entry) ? (env[entry] ?? []) : entry));
}

/** @throws ClusterError `bad-secret-name` (input), which does not repeat the invalid name. */
export function assertMarksWellFormed(env: NodeJS.ProcessEnv): void {
  const all = entries(env);
  const at = all.findIndex((entry) => !NAME.test(entry));
  if (at === -1) return;
  throw new ClusterError("input", "bad-secret-name", {
    message: `${VARIABLE}: number ${at + 1}, of ${all[at]?.length} characters, is not the name of an environment variable`,
    hint: `list names, not values: export ${VARIABLE}=MY_TOKEN,MY_PASSWORD`,
  });
}
