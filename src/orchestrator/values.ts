/** What belongs into orchestrator.yml, as plain values in the order in which they are written. Pure. */
import { ClusterError } from "../errors/cluster-error.ts";
import type { ClusterSettings, InputKey } from "../core/settings.ts";

export type OrchestratorValues = {
  readonly settings: ClusterSettings;
  readonly phalaApiUrl: string;
  /** With the literal `<model-port>`; schema v1 only. */
  readonly clusterUrls: readonly string[];
  /**
   * What somebody gave in this run (flag, environment, config file, prompt). In an existing file only that is changed:
   * what it has beside is the operator's.
   */
  readonly given: ReadonlySet<InputKey>;
};

export type Plain = Readonly<Record<string, unknown>>;

/** The runner block's keys that are kept up to date, also in a file that others have edited. */
export function managedRunnerKeys({
  settings,
  phalaApiUrl,
  clusterUrls,
}: OrchestratorValues): Plain {
  const v1 = settings.orchestratorSchema === "v1";
  return {
    type: "phala",
    "cluster-name": settings.clusterName,
    "phala-api-url": phalaApiUrl,
    ...(v1
      ? { "cluster-urls": clusterUrls, "registry-compose-path": settings.registryCompose }
      : {}),
    "runner-compose-path": settings.runnerCompose,
    ...(v1 ? {} : { "gateway-key-path": gatewayKeyPath(settings) }),
    "spawntee-port": settings.spawnteePort,
    "instance-type": settings.instanceType,
    "memory-per-model-mb": settings.memoryPerModelMb,
    // Schema v2 has no provision factor: its orchestrator passes this one on to its runners as
    // CAPACITY_THRESHOLD, and a runner that says it is full makes it add the next.
    ...(v1
      ? { "provision-factor": settings.provisionFactor }
      : { "capacity-threshold": settings.capacityThreshold }),
    "max-models": settings.maxModels,
  };
}

/** Keys that only the other schema knows: an orchestrator refuses a file that has them. */
export const FOREIGN_RUNNER_KEYS = {
  v1: ["capacity-threshold", "gateway-key-path"],
  v2: ["cluster-urls", "registry-compose-path", "provision-factor"],
} as const;

export function watcherSection({ watcher, watcherIntervalSeconds }: ClusterSettings): {
  readonly interval: number;
  readonly poller: Plain;
} {
  return {
    interval: watcherIntervalSeconds,
    poller:
      watcher.type === "yaml"
        ? { type: "yaml", path: watcher.path }
        : { type: "onchain", url: watcher.url },
  };
}

export function crunchesSection({ crunches }: ClusterSettings): readonly Plain[] {
  return crunches.map(({ id, name }) => ({ id, name, infrastructure: { zone: "phala" } }));
}

/** A whole new file. */
export function wholeConfig(
  values: OrchestratorValues,
): Readonly<Record<"logging" | "infrastructure", Plain>> & Plain {
  const { settings } = values;
  return {
    logging: { level: "info" },
    infrastructure: {
      database: { type: "sqlite", path: "orchestrator.db" },
      publishers: [{ type: "websocket", address: "127.0.0.1", port: 9091 }],
      // The timeout (seconds) is set in a new runner section only: an existing value is the operator's.
      runner: { ...managedRunnerKeys(values), "request-timeout": 60 },
    },
    watcher: watcherSection(settings),
    crunches: crunchesSection(settings),
  };
}

function gatewayKeyPath(settings: ClusterSettings): string {
  if (settings.gatewayKeyPath !== undefined && settings.gatewayKeyPath !== "")
    return settings.gatewayKeyPath;
  throw new ClusterError("input", "gateway-key-path-missing", {
    message: "orchestrator schema v2 needs gateway-key-path, and none is given",
    hint: "give the coordinator's RSA key with --gateway-key-path, or use --orchestrator-schema v1",
  });
}
