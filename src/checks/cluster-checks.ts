/** Checks of what a cluster is made of: compose files, sizes, places, names. */
import type { ComposeFile } from "../compose/compose-file.ts";
import { composeFindings, pairFindings, type ComposePair } from "../compose/lint.ts";
import { command, hint, renderHint } from "../core/command-hint.ts";
import { bySeverity, type Finding } from "../core/finding.ts";
import { clusterOf, registryName, roleOf, type Cvm } from "../core/domain.ts";
import { closest } from "../lib/closest.ts";
import { ownershipOf } from "../registry/ownership.ts";
import { failed, passed, reported, skipped, unclear, type Check, type Outcome } from "./check.ts";
import { composeFiles, cvmsOfLikeNames, type ClusterFacts, type Facts } from "../session/facts.ts";
import { registryIds, type ClusterRecord } from "../state/record.ts";
import { gatewayKeyFinding } from "./gateway-key.ts";
import { orchestratorConfigChecks } from "./orchestrator-config.ts";
import { pricesOf, type Prices } from "../runners/price.ts";

export const clusterChecks: readonly Check<ClusterFacts>[] = [
  {
    id: "registry-compose",
    title: "Registry compose file",
    severity: "error",
    needs: ["registryCompose", "spawnteePort", "registryEnv"],
    async run({ registryCompose, cluster }) {
      const compose = await registryCompose();
      return requirementFindings(compose, composeFindings("registry", compose, cluster));
    },
  },
  {
    id: "runner-compose",
    title: "Runner compose file",
    severity: "error",
    needs: ["runnerCompose", "spawnteePort", "orchestratorSchema", "coordinatorWallet"],
    async run({ runnerCompose, cluster }) {
      const compose = await runnerCompose();
      return requirementFindings(compose, composeFindings("runner", compose, cluster));
    },
  },
  {
    id: "compose-lint",
    title: "Compose files pin what runs",
    severity: "warning",
    needs: ["registryCompose", "runnerCompose", "spawnteePort", "coordinatorWallet", "registryEnv"],
    async run(facts) {
      const pair = await composePair(facts);
      if (pair === undefined) return skipped("needs both compose files");
      const { registry, runner } = pair;
      // Errors are what the checks of each file fail with.
      const findings = bySeverity([
        ...composeFindings("registry", registry, facts.cluster),
        ...composeFindings("runner", runner, facts.cluster),
        ...pairFindings(pair, facts.cluster),
      ]).filter(({ severity }) => severity !== "error");
      const warned = findings.some(({ severity }) => severity === "warning");
      return [...(warned ? [] : [passed("no warnings")]), ...findings.map(reported)];
    },
  },
  {
    id: "instance-type",
    title: "Instance type known",
    severity: "error",
    needs: ["phalaApiKey", "phalaApiUrl", "instanceType"],
    after: ["api-key"],
    async run({ instanceTypes, cluster, signal }) {
      const types = await instanceTypes().catch(rethrowAborted(signal));
      if (types === undefined) return skipped("Phala does not list its instance types now");
      const found = types.find((type) => type.id === cluster.instanceType);
      if (found)
        return passed(
          `${found.id}: ${found.vcpu} vCPU, ${found.memoryMb} MB, $${found.hourlyRate}/h`,
        );
      const ids = types.map((type) => type.id);
      const suggestion = closest(cluster.instanceType, ids);
      const remedy =
        suggestion === undefined
          ? `use one of ${ids.join(", ")}`
          : `did you mean --instance-type ${suggestion}?`;
      return failed(`Phala has no instance type ${JSON.stringify(cluster.instanceType)}`, remedy);
    },
  },
  {
    id: "credit-low",
    title: "Credit lasts a day",
    severity: "warning",
    needs: ["phalaApiKey", "phalaApiUrl", "instanceType"],
    after: ["api-key", "credit"],
    async run({ account, instanceTypes, cluster, signal }) {
      const { creditUsd, postPaid } = await account();
      if (postPaid) return skipped("paid afterwards");
      if (creditUsd === null) return skipped("the API does not say");
      const prices = await instanceTypes().then(pricesOf, (): Prices => {
        signal.throwIfAborted();
        return new Map();
      });
      return runwayOf(creditUsd, cluster.instanceType, prices);
    },
  },
  {
    id: "node",
    title: "Node known",
    severity: "error",
    needs: ["phalaApiKey", "phalaApiUrl", "node"],
    after: ["api-key"],
    async run({ nodes, cluster }) {
      if (cluster.node === undefined) return skipped("auto (chosen by Phala)");
      const all = await nodes();
      const found = all.find(
        (node) => node.name === cluster.node || String(node.id) === cluster.node,
      );
      if (found) return passed(`${found.name} (id ${found.id})`);
      return failed(
        `Phala has no node ${JSON.stringify(cluster.node)}`,
        `use one of ${all.map((node) => node.name).join(", ")}`,
      );
    },
  },
  {
    id: "gateway-key",
    title: "Coordinator's gateway key",
    severity: "error",
    needs: ["orchestratorSchema", "gatewayKeyPath"],
    async run({ cluster }) {
      if (cluster.gatewayKeyPath === undefined)
        return skipped("none is given; only schema v2 has one");
      return gatewayKeyFinding(cluster.gatewayKeyPath);
    },
  },
  ...orchestratorConfigChecks,
  {
    id: "registry-name",
    title: "Registry's name free or ours",
    severity: "error",
    kind: "conflict",
    needs: ["phalaApiKey", "phalaApiUrl", "clusterName"],
    after: ["api-key", "state"],
    async run({ registry, cluster, record, adoption }) {
      const name = registryName(cluster.clusterName);
      const found = await registry();
      if (found.kind === "unknown")
        return unclear(
          `could not find out whether ${name} exists: ${found.reason}`,
          "try again in a moment; if the answer stays the same, choose another --cluster-name",
        );
      if (found.kind === "absent") return passed(`${name} is free`);
      const ownership = ownershipOf(found.value, record, adoption);
      if (ownership === "ours") return passed(`${nameNow(found.value, name)} exists and is ours`);
      if (ownership === "adopted") return passed(`${name} exists and will be adopted`);
      if (found.value.appId === null)
        return failed(`${name} exists, and its app_id is not known yet`, "try again in a moment");
      return failed(
        `${name} exists (app_id ${found.value.appId}) and was not made by a recorded run on this machine`,
        hint`choose another --cluster-name, or take it over: ${command("init", "--adopt")}`,
      );
    },
  },
  {
    id: "cluster-name",
    title: "No other cluster's name collides",
    severity: "error",
    kind: "conflict",
    needs: ["phalaApiKey", "phalaApiUrl", "clusterName"],
    after: ["api-key"],
    async run({ cvms, cluster, record }) {
      return collision(await cvms(), cluster.clusterName, record);
    },
  },
];

function requirementFindings(
  compose: ComposeFile,
  findings: readonly Finding[],
): Outcome | Outcome[] {
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return passed(`${compose.path}, sha256 ${compose.digest.slice(0, 12)}`);
  return errors.map(reported);
}

const nameNow = (cvm: Cvm, name: string): string =>
  cvm.name === name ? name : `${name} (now ${cvm.name})`;

/** Both files; undefined where one can't be read, which is told by the check of that file. */
export const composePair = (facts: ClusterFacts): Promise<ComposePair | undefined> =>
  composeFiles(facts).catch(() => undefined);

/** What the check `cluster-name` has against a name that is about to be chosen; undefined: nothing is known. */
export async function nameProblem(
  cluster: string,
  record: ClusterRecord,
  facts: Pick<Facts, "api" | "signal">,
): Promise<string | undefined> {
  const cvms = await cvmsOfLikeNames(cluster, facts).catch(rethrowAborted(facts.signal));
  const outcome = cvms && collision(cvms, cluster, record);
  if (outcome?.status !== "failed") return undefined;
  const remedy = renderHint(outcome.remedy ?? "").replace("--cluster-name", "name");
  return `${renderHint(outcome.message)}; ${remedy}`;
}

/** The orchestrator adopts every CVM whose name *begins* with the cluster's. */
function collision(cvms: readonly Cvm[], cluster: string, record: ClusterRecord): Outcome {
  // A registry that was renamed is still ours.
  const own = registryIds(record);
  const others = cvms.filter(
    ({ name, appId }) =>
      (appId === null || !own.includes(appId)) && roleOf(name, cluster) === undefined,
  );
  const vpc = others.find((cvm) => cvm.name === `${cluster}-vpc-server`);
  if (vpc)
    return failed(
      `${vpc.name} is the VPC server of a cluster of that name: VPC clusters are not supported by tee-cluster`,
      "choose another --cluster-name, or keep that cluster with its own tools",
    );
  const captured = others.find((cvm) => cvm.name.startsWith(cluster));
  if (captured)
    return failed(
      `the orchestrator of ${JSON.stringify(cluster)} would adopt ${captured.name}: it takes every CVM whose name begins with the cluster's`,
      "choose a --cluster-name that no other CVM's name begins with",
    );
  const captor = others
    .map((cvm) => clusterOf(cvm.name))
    .find((other) => other !== undefined && other !== cluster && cluster.startsWith(other));
  if (captor === undefined) return passed("none");
  return failed(
    `the orchestrator of the cluster ${JSON.stringify(captor)} would adopt the CVMs of ${JSON.stringify(cluster)}: it takes every name that begins with its own`,
    "choose a --cluster-name that does not begin with another cluster's",
  );
}

/** An answer that is only there to help: without it a run goes on, unless it was interrupted. */
function rethrowAborted(signal: AbortSignal): () => undefined {
  return () => {
    signal.throwIfAborted();
  };
}

const HOUR_MS = 3_600_000;
/** Credit that is used up overnight is a cluster that is gone in the morning. */
const WARN_BELOW_MS = 24 * HOUR_MS;

function runwayOf(creditUsd: number, instanceType: string, prices: Prices): Outcome {
  const rate = prices.get(instanceType);
  if (rate === undefined) return skipped(`the price of ${instanceType} is not known`);
  const ms = (creditUsd / rate) * HOUR_MS;
  const told = `$${creditUsd.toFixed(2)}: ${formatRunway(ms)} of one ${instanceType} ($${rate} an hour)`;
  if (ms >= WARN_BELOW_MS) return passed(told);
  return failed(
    `${told}; every runner of the orchestrator uses credit at the same rate`,
    "add credit: https://cloud.phala.com/dashboard",
  );
}

/** Rounded down: `50 minutes`, `7 hours`, `12 days`. */
function formatRunway(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 120) return minutes === 1 ? "1 minute" : `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}
