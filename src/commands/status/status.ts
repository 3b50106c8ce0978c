/** `tee-cluster status`: the cluster's current state. Reads only: no lock, no record, no mutating call. */
import { command, hint } from "../../core/command-hint.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { known } from "../../inputs/values.ts";
import { once } from "../../lib/once.ts";
import { pricePerHour, readPrices } from "../../runners/price.ts";
import { directoryOf, readRecord } from "../../session/cluster-session.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { prepare } from "../../session/preparation.ts";
import { assess } from "./assess.ts";
import { checkAttestation } from "./attestation.ts";
import { inspectCluster } from "./inspect-cluster.ts";
import { readKnowledge } from "./knowledge.ts";
import type { StatusResult } from "./result.ts";
import { watchInterval, watchStatus } from "./watch.ts";

export async function status(run: CommandRun<{ readonly watch: boolean }>): Promise<StatusResult> {
  const { watch, json, strict } = run.flags;
  if (watch && json) throw oneDocumentOnly();
  const prepared = await prepare(run, { asks: false, remember: true });
  const { resolution, ports, clock, signal } = prepared;
  const cluster = known(resolution.values, "clusterName");
  run.emit({ type: "run-started", command: "status", headline: `Looking at cluster ${cluster}` });
  const recorded = once(() => readRecord(prepared, cluster));
  const located = once(() => directoryOf(prepared, cluster));
  const read = async (): Promise<StatusResult> => {
    const record = await recorded();
    const [snapshot, prices] = await Promise.all([
      inspectCluster(cluster, record, prepared),
      readPrices(ports.api, signal),
    ]);
    const directory = await located();
    const knowledge = await readKnowledge(cluster, directory, prepared, snapshot);
    const attestation = await checkAttestation(prepared, directory, snapshot, knowledge);
    const assessment = assess(cluster, snapshot, knowledge, attestation);
    const failing = strict ? ["error", "warning"] : ["error"];
    const cvms = snapshot.cvms.map(({ cvm }) => cvm);
    return {
      ok: !assessment.findings.some(({ severity }) => failing.includes(severity)),
      command: "status",
      cluster,
      at: new Date(clock.now()).toISOString(),
      usd_per_hour: pricePerHour(cvms, prices),
      ...assessment,
    };
  };
  return watch ? watchStatus(read, watchInterval(prepared), run) : read();
}

function oneDocumentOnly(): ClusterError {
  return new ClusterError("input", "watch-with-json", {
    message: "--watch runs until Ctrl-C, and --json is one document",
    hint: hint`for scripts, run it repeatedly: ${command("status", "--json")}`,
  });
}
