/** For whoever forgot the flag: what the sandbox has, where the real cloud can't be asked for want of inputs. */
import { againWith, hint, type Words } from "../core/command-hint.ts";
import type { Resolution } from "../inputs/resolve.ts";
import { findClusterNames } from "../state/known-clusters.ts";
import { SANDBOX_HOST } from "./sandbox-host.ts";

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
