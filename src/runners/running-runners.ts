/** The runners of a cluster that are up, and their compose hashes, each checked against its own app-compose. */
import pMap from "p-map";
import { composeHashOf, type AppCompose } from "../core/compose-hash.ts";
import { parseComposeHash, roleOf, type ComposeHash, type Cvm } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { CloudApi } from "../core/ports.ts";
import type { StepDeps } from "../workflow/step.ts";

const GONE = new Set(["stopped", "error", "failed", "terminated", "deleted", "deleting", "exited"]);

/** Whether a CVM of that status runs nothing, and won't by itself. */
export const isGone = (status: string): boolean => GONE.has(status);

/** Two requests each: the API answers more at once with 429. */
const AT_A_TIME = 4;

export type LiveRunner = {
  readonly cvm: Cvm;
  readonly composeHash: ComposeHash;
  readonly appCompose: AppCompose;
};

/** @throws ClusterError (platform) where the list is not to be had; (verification) for a hash that does not hold. */
export async function liveRunners(
  cluster: string,
  deps: Pick<StepDeps, "api" | "signal">,
): Promise<readonly LiveRunner[]> {
  const runners = await runnersThatAreUp(cluster, deps.api, deps.signal);
  return pMap(
    runners,
    async (cvm) => (await checkedRunner(cvm, deps.api, deps.signal)) ?? refuse(cvm),
    { concurrency: AT_A_TIME },
  );
}

/** By name. @throws ClusterError (platform) where the list is not to be had. */
export async function runnersThatAreUp(
  cluster: string,
  api: CloudApi,
  signal: AbortSignal,
): Promise<readonly Cvm[]> {
  const keep = ({ name }: { name: string }): boolean => roleOf(name, cluster) === "runner";
  const cvms = await api.listCvms(signal, { keep, search: cluster });
  return cvms
    .filter(({ status }) => !isGone(status))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Newest first, by when the platform says each was made; those of which it does not say come last, by name. */
export async function newestFirst(
  runners: readonly Cvm[],
  api: CloudApi,
  signal: AbortSignal,
): Promise<readonly Cvm[]> {
  if (runners.length < 2) return runners;
  const dated = await pMap(
    runners,
    async (cvm) => ({ cvm, madeAt: (await madeAt(cvm, api, signal)) ?? "" }),
    { concurrency: AT_A_TIME },
  );
  return dated.toSorted((a, b) => b.madeAt.localeCompare(a.madeAt)).map(({ cvm }) => cvm);
}

/** A CVM itself need not tell; the oldest of its operations is its creation. ISO 8601; null: unknown. */
async function madeAt(cvm: Cvm, api: CloudApi, signal: AbortSignal): Promise<string | null> {
  const found = await api.operations(cvm.vmUuid ?? cvm.name, signal);
  const creation =
    found.kind === "present" ? found.value.findLast(({ type }) => type === "create") : undefined;
  return creation?.startedAt ?? cvm.createdAt;
}

/** Undefined where the API's hash of it does not hold, or can't be checked. */
export async function checkedRunner(
  cvm: Cvm,
  api: CloudApi,
  signal: AbortSignal,
): Promise<LiveRunner | undefined> {
  const id = cvm.vmUuid ?? cvm.name;
  // A list need not tell the hash, the CVM itself does.
  const [itself, found] = await Promise.all([
    cvm.composeHash === null ? api.findCvm(id, signal) : undefined,
    api.appCompose(id, signal, cvm.composeHash ?? undefined),
  ]);
  const composeHash = parseComposeHash(
    itself?.kind === "present" ? itself.value.composeHash : cvm.composeHash,
  );
  if (!composeHash || found.kind !== "present") return undefined;
  const appCompose = found.value;
  return composeHashOf(appCompose) === composeHash ? { cvm, composeHash, appCompose } : undefined;
}

function refuse(cvm: Cvm): never {
  throw new ClusterError("verification", "runner-hash-unchecked", {
    message: `the compose hash of the live runner ${cvm.name} (${cvm.composeHash ?? "none"}) could not be checked against its app-compose`,
    hint: "nothing was approved; delete that runner if it is not yours; then run the same command again",
  });
}
