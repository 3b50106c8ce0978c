/** `tee-cluster status`: the cluster as it is. Reads only: no lock, no record, no mutating call. */
import { runnerEnvironmentNamesOf } from "../../compose/environment.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { toClusterSettings } from "../../inputs/values.ts";
import { assess } from "./assess.ts";
import { recall, type KnowledgeSource } from "./knowledge.ts";
import { lookAtCluster, type Observer } from "./inspect-cluster.ts";
import { directoryOf } from "../../session/cluster-session.ts";
import type { CommandDependencies, CommonFlags } from "../../session/dependencies.ts";
import { prepare, type Preparation } from "../../session/preparation.ts";
import { withRecordedInputs } from "../../session/recorded-inputs.ts";
import type { StatusResult } from "../results.ts";
import { watchInterval, watchStatus } from "./watch.ts";

export type StatusOptions = { readonly watch: boolean; readonly json: boolean };

export async function status(
  dependencies: CommandDependencies,
  flags: CommonFlags,
  options: StatusOptions,
): Promise<StatusResult> {
  if (options.watch && options.json) throw oneDocumentOnly();
  const prepared = await prepare({ ...dependencies, prompter: undefined }, flags, ["connection", "cluster"]);
  const { observer, source } = sightOf(prepared, dependencies);
  const { cluster, clock } = observer;
  dependencies.emit({ type: "run-started", command: "status", headline: `Looking at cluster ${cluster}` });
  const look = async (): Promise<StatusResult> => {
    const seen = await lookAtCluster(observer);
    const assessment = assess(cluster, seen, await recall(source, seen));
    const failing = flags.strict ? ["error", "warning"] : ["error"];
    const ok = !assessment.findings.some(({ severity }) => failing.includes(severity));
    return { ok, command: "status", cluster, at: new Date(clock.now()).toISOString(), ...assessment };
  };
  return options.watch ? watchStatus(look, watchInterval(prepared), dependencies) : look();
}

/** Through what the cluster is looked at, and what there is to compare it with. */
function sightOf(
  prepared: Preparation,
  { clock, signal }: CommandDependencies,
): { observer: Observer; source: KnowledgeSource } {
  const { resolution, connection, ports } = prepared;
  const { values, origins } = resolution;
  const settings = toClusterSettings(values);
  const { clusterName: cluster, spawnteePort } = settings;
  const { api, spawntee } = ports;
  return {
    observer: { cluster, gatewayUrl: connection.gatewayUrl, spawnteePort, api, spawntee, clock, signal },
    source: {
      cluster,
      directory: directoryOf(prepared, cluster),
      runnerCompose: { path: settings.runnerCompose, given: origins.runnerCompose !== "default" },
      environmentNames: (record) =>
        runnerEnvironmentNamesOf(toClusterSettings(withRecordedInputs(resolution, record).resolution.values)),
    },
  };
}

function oneDocumentOnly(): ClusterError {
  return new ClusterError({
    kind: "input",
    code: "watch-with-json",
    message: "--watch goes on for ever, and --json is one document",
    hint: "run `tee-cluster status --json` again and again instead",
  });
}
