/** What a run with `--sandbox` has in place of the real cloud's, and the hint for a run that lacks the flag. */
import { againWith, hint, type Words } from "../core/command-hint.ts";
import type { Resolution, Sources } from "../inputs/resolve.ts";
import { INPUTS } from "../inputs/table.ts";
import { findClusterNames } from "../state/known-clusters.ts";

/** In place of a host, for the state of the embedded sandbox: its port may differ each time. */
export const SANDBOX_HOST = "sandbox";

/** @returns undefined where nothing is missing, or the sandbox has no cluster of that name, or of any. */
export async function sandboxHint({ values, missing }: Resolution): Promise<Words | undefined> {
  const { stateDir, clusterName, phalaApiKey } = values;
  const isOpen = missing.length > 0 || phalaApiKey === undefined;
  if (!isOpen || stateDir === undefined) return undefined;
  const names = await findClusterNames(stateDir, SANDBOX_HOST);
  const meant = clusterName === undefined ? names : names.filter((name) => name === clusterName);
  if (meant.length === 0) return undefined;
  return hint`the sandbox has ${meant.join(", ")}; to use it, ${againWith("--sandbox")}`;
}

/** The keys that lead into an account: Phala's, and those of AWS. */
const KEYS = new Set(["phalaApiKey", "awsAccessKeyId", "awsSecretAccessKey"]);

type Given = Pick<Sources, "env" | "config">;

/** The sources without those keys of the environment and the config file. `ignored`: the names of their variables. */
export function withoutRealKeys<T extends Given>(
  sources: T,
): { sources: T; ignored: readonly string[] } {
  const inputs = INPUTS.filter(({ key }) => KEYS.has(key));
  const names = inputs.flatMap(({ variables }) => variables);
  const ignored = names.filter((name) => (sources.env[name] ?? "") !== "");
  const env = Object.fromEntries(
    Object.entries(sources.env).filter(([name]) => !names.includes(name)),
  );
  const values = Object.fromEntries(
    Object.entries(sources.config.values).filter(([key]) => !KEYS.has(key)),
  );
  return { sources: { ...sources, env, config: { ...sources.config, values } }, ignored };
}
