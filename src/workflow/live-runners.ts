/** The runners of a cluster that are up, and their compose hashes, each checked against its own app-compose. */
import { composeHashOf } from "../app-compose.ts";
import { parseComposeHash, roleOf, type ComposeHash, type Cvm } from "../domain.ts";
import { ClusterError } from "../errors.ts";
import type { Workbench } from "./step.ts";

const GONE = new Set(["stopped", "error", "failed", "terminated", "deleted", "deleting", "exited"]);

export type LiveRunner = { readonly cvm: Cvm; readonly composeHash: ComposeHash };

/** @throws ClusterError (platform) where the list is not to be had; (verification) for a hash that does not hold. */
export async function liveRunners(cluster: string, bench: Workbench): Promise<readonly LiveRunner[]> {
  const cvms = await bench.api.listCvms(bench.signal, cluster);
  const runners = cvms.filter((cvm) => roleOf(cvm.name, cluster) === "runner" && !GONE.has(cvm.status));
  return Promise.all(runners.map((cvm) => checkedRunner(cvm, bench)));
}

async function checkedRunner(cvm: Cvm, bench: Workbench): Promise<LiveRunner> {
  const composeHash = parseComposeHash(cvm.composeHash);
  const appCompose = await bench.api.appCompose(cvm.vmUuid ?? cvm.name, bench.signal);
  if (composeHash && appCompose.kind === "present" && composeHashOf(appCompose.value) === composeHash) {
    return { cvm, composeHash };
  }
  throw new ClusterError({
    kind: "verification",
    code: "runner-hash-unchecked",
    message: `the compose hash of the live runner ${cvm.name} (${cvm.composeHash ?? "none"}) could not be checked against its app-compose`,
    hint: "nothing was approved; run the same command again, or delete that runner if it is not yours",
  });
}
