/** `tee-cluster status`: the cluster as it is. Reads only: no lock, no record, no mutating call. */
import { command, hint } from "../../core/command-hint.ts";
import { runnerEnvironmentNamesOf } from "../../compose/environment.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { once } from "../../lib/once.ts";
import { pickValues } from "../../inputs/values.ts";
import { assertKnownCluster } from "../shared/find-cluster.ts";
import { pricePerHour, readPrices } from "../../runners/price.ts";
import { assess } from "./assess.ts";
import { recall, type KnowledgeSource } from "./knowledge.ts";
import { lookAtAttestation } from "./attestation.ts";
import { lookAtCluster, type Observer } from "./inspect-cluster.ts";
import { directoryOf, readRecord } from "../../session/cluster-session.ts";
import type { CommandRun } from "../../session/dependencies.ts";
import { prepare, type Preparation } from "../../session/preparation.ts";
import { withRecordedInputs } from "../../session/recorded-inputs.ts";
import type { StatusResult } from "./result.ts";
import { watchInterval, watchStatus } from "./watch.ts";

export async function status(run: CommandRun<{ readonly watch: boolean }>): Promise<StatusResult> {
  const { watch, json, strict } = run.flags;
  if (watch && json) throw oneDocumentOnly();
  const prepared = await prepare(run, { asks: false, remember: true });
  const { observer, source } = sightOf(prepared);
  const { cluster, clock } = observer;
  run.emit({
    type: "run-started",
    command: "status",
    headline: `Looking at cluster ${cluster}`,
  });
  const look = async (): Promise<StatusResult> => {
    const [seen, prices] = await Promise.all([
      lookAtCluster(observer),
      readPrices(observer.api, observer.signal),
    ]);
    const usd = pricePerHour(
      seen.cvms.map(({ cvm }) => cvm),
      prices,
    );
    const knowledge = await recall(source, seen);
    const attestation = await lookAtAttestation(
      prepared,
      await source.directory(),
      seen,
      knowledge,
    );
    const assessment = assess(cluster, seen, knowledge, attestation);
    const failing = strict ? ["error", "warning"] : ["error"];
    const ok = !assessment.findings.some(({ severity }) => failing.includes(severity));
    return {
      ok,
      command: "status",
      cluster,
      at: new Date(clock.now()).toISOString(),
      usd_per_hour: usd,
      ...assessment,
    };
  };
  return watch ? watchStatus(look, watchInterval(prepared), run) : look();
}

const LOOKED_AT = ["clusterName", "spawnteePort", "runnerCompose"] as const;
/** What the environment names of a runner depend on. */
const NAMES_FROM = ["orchestratorSchema", "coordinatorWallet"] as const;

/** Through what the cluster is looked at, and what there is to compare it with. */
function sightOf(prepared: Preparation): { observer: Observer; source: KnowledgeSource } {
  const { resolution, connection, ports, clock, signal } = prepared;
  const { values, origins } = resolution;
  const { clusterName: cluster, spawnteePort, runnerCompose } = pickValues(values, LOOKED_AT);
  const { api, spawntee } = ports;
  return {
    observer: {
      cluster,
      gatewayUrl: connection.gatewayUrl,
      spawnteePort,
      api,
      spawntee,
      clock,
      signal,
      recorded: once(() => readRecord(prepared, cluster)),
      onNone: (others) => assertKnownCluster(cluster, others, prepared),
    },
    source: {
      cluster,
      directory: once(() => directoryOf(prepared, cluster)),
      runnerCompose: {
        path: runnerCompose,
        given: !["default", "record"].includes(origins.runnerCompose ?? "default"),
      },
      orchestrator: (record) => {
        const known = pickValues(
          withRecordedInputs(resolution, record).resolution.values,
          NAMES_FROM,
        );
        return {
          schema: known.orchestratorSchema,
          environmentNames: runnerEnvironmentNamesOf(known),
        };
      },
    },
  };
}

function oneDocumentOnly(): ClusterError {
  return new ClusterError("input", "watch-with-json", {
    message: "--watch runs until Ctrl-C, and --json is one document",
    hint: hint`for scripts, run it repeatedly: ${command("status", "--json")}`,
  });
}
