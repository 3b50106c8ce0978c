/** With `--sandbox` no key of a real cloud is used: the sandbox has examples of its own. */
import type { Sources } from "../inputs/resolve.ts";
import { INPUTS } from "../inputs/table.ts";

/** The keys that lead into an account: Phala's, and those of AWS. */
const KEYS = new Set(["phalaApiKey", "awsAccessKeyId", "awsSecretAccessKey"]);

type Given = Pick<Sources, "env" | "config">;

/**
 * The sources without what the environment and the config file have of those keys. `ignored`: their variables'
 * names, for a word about it.
 */
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
