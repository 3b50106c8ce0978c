/** The runners of a cluster that are up, and their compose hashes, each checked against its own app-compose. */
import { composeHashOf, type AppCompose } from "../app-compose.ts";
import { parseComposeHash, roleOf, type ComposeHash, type Cvm } from "../domain.ts";
import { ClusterError } from "../errors.ts";
import type { Workbench } from "./step.ts";

const GONE = new Set(["stopped", "error", "failed", "terminated", "deleted", "deleting", "exited"]);

export type LiveRunner = {
  readonly cvm: Cvm;
  readonly composeHash: ComposeHash;
  readonly appCompose: AppCompose;
};

type Reading = Pick<Workbench, "api" | "signal">;

/** @throws ClusterError (platform) where the list is not to be had; (verification) for a hash that does not hold. */
export async function liveRunners(cluster: string, bench: Reading): Promise<readonly LiveRunner[]> {
  // The whole list: what a runner would be cut off by must not hang on how the server searches.
  const cvms = await bench.api.listCvms(bench.signal);
  const runners = cvms.filter((cvm) => roleOf(cvm.name, cluster) === "runner" && !GONE.has(cvm.status));
  return Promise.all(runners.map((cvm) => checkedRunner(cvm, bench)));
}

async function checkedRunner(cvm: Cvm, bench: Reading): Promise<LiveRunner> {
  const id = cvm.vmUuid ?? cvm.name;
  const [listed, appCompose] = await Promise.all([
    cvm.composeHash === null ? bench.api.findCvm(id, bench.signal) : undefined,
    bench.api.appCompose(id, bench.signal),
  ]);
  // A list need not tell the hash, the CVM itself does.
  const composeHash = parseComposeHash(
    listed?.kind === "present" ? listed.value.composeHash : cvm.composeHash,
  );
  if (composeHash && appCompose.kind === "present" && composeHashOf(appCompose.value) === composeHash) {
    return { cvm, composeHash, appCompose: appCompose.value };
  }
  throw new ClusterError({
    kind: "verification",
    code: "runner-hash-unchecked",
    message: `the compose hash of the live runner ${cvm.name} (${cvm.composeHash ?? "none"}) could not be checked against its app-compose`,
    hint: "nothing was approved; run the same command again, or delete that runner if it is not yours",
  });
}
