/** Those of the eight promises that hold over a whole history: of all that was done to the cloud. */
import type { RunReport } from "./operator.ts";
import { secretsWait } from "./promises-attested.ts";
import { APPROVED, isRegistry, type Vm } from "./vm.ts";
import { isOfCluster, isTemporary, type World } from "./world.ts";

type HistoryPromise = (world: World, reports: readonly RunReport[]) => readonly string[];

export const isAlive = (world: World, vm: Vm): boolean =>
  vm.goneAt > world.time.now && vm.deletedAt > world.time.now;
export const describe = (vm: Vm): string => `${vm.name} (${vm.appId.slice(0, 6)})`;
export const short = (hashes: readonly string[]): string =>
  `[${hashes.map((hash) => hash.slice(0, 8)).join(", ")}]`;

/** 1. What others made is never changed or deleted. */
const othersAreLeftAlone: HistoryPromise = (world, reports) =>
  world.cloud.changes.flatMap(({ by, what, vm, at }) => {
    if (by.who !== "operator" || what === "create") return [];
    const run = reports.find(({ id }) => id === by.run)?.run;
    if (vm.by.who === "operator" && vm.by.op === by.op) return [];
    if (run?.command === "destroy" && wasOfCluster(vm) && !isInUse(vm, at, reports)) return [];
    if (isReplicaOfOwn(vm, by.op, world)) return [];
    // Both operators work on one cluster: with --adopt, and in rotate-hash, its registry is the operator's.
    const isAdopted = isRegistry(vm) && what !== "delete";
    return isAdopted
      ? []
      : [
          `${what} of ${describe(vm)}, which is ${vm.by.who}'s, by ${run?.command ?? "?"} of op ${by.op}`,
        ];
  });

/** Renamed since, it is the same one: its ids are recorded, or were read when it had its name. */
const wasOfCluster = (vm: Vm): boolean =>
  isOfCluster({ ...vm, name: vm.name.replace(/(?:-old)+$/, "") });

/** It has the app_id that the operator's own creation was given. */
const isReplicaOfOwn = (vm: Vm, op: number, world: World): boolean =>
  !isRegistry(vm) &&
  world.cloud.changes.some(
    ({ what, by, vm: made }) =>
      what === "create" && by.who === "operator" && by.op === op && made.appId === vm.appId,
  );

/** Whether the run that made a temporary runner goes on at that time. */
function isInUse(vm: Vm, at: number, reports: readonly RunReport[]): boolean {
  const { by } = vm;
  if (by.who !== "operator" || !isTemporary(vm)) return false;
  const of = reports.find(({ id }) => id === by.run);
  return of !== undefined && of.endedAt > at;
}

/** 2. Nothing is created twice. */
const nothingTwice: HistoryPromise = (world) => {
  const creations = world.cloud.changes.filter(
    ({ what, by }) => what === "create" && by.who === "operator",
  );
  return creations.flatMap(({ vm, by }) => {
    const before = creations.find(
      (other) =>
        other.vm !== vm &&
        isRegistry(other.vm) === isRegistry(vm) &&
        other.by.who === "operator" &&
        by.who === "operator" &&
        other.by.op === by.op &&
        other.vm.madeAt < vm.madeAt &&
        other.vm.deletedAt > vm.madeAt &&
        other.vm.goneAt > vm.madeAt,
    );
    return before === undefined
      ? []
      : [
          `${describe(vm)} while op ${String(by.who === "operator" && by.op)} had ${describe(before.vm)}`,
        ];
  });
};

/** 3. Only what was checked is approved. */
const onlyCheckedHashes: HistoryPromise = (world, reports) =>
  world.cloud.changes.flatMap(({ by, what, before, after }) => {
    if (by.who !== "operator" || (what !== "update" && what !== "push")) return [];
    const report = reports.find(({ id }) => id === by.run);
    const legitimate = world.legitimateFor(report?.run.attest ?? "off");
    const odd = after.filter(
      (hash) => !before.includes(hash) && !legitimate.has(hash) && hash !== report?.word,
    );
    return odd.length === 0
      ? []
      : [`${what} of op ${by.op} approves ${short(odd)}, which nobody checked`];
  });

/** 3. No running runner of the orchestrator loses its key without the operator's word. */
const runnersKeepTheirKeys: HistoryPromise = (world, reports) =>
  world.cloud.changes.flatMap(({ by, what, before, after, at }) => {
    if (by.who !== "operator" || what !== "update") return [];
    const report = reports.find(({ id }) => id === by.run);
    if (!report || TAKES_AWAY.has(report.run.rotation)) return [];
    // What the operator took from the list before, and others have put there again.
    const words = reports.filter(
      ({ id, run }) => run.op === by.op && id < by.run && TAKES_AWAY.has(run.rotation),
    );
    if (words.length > 0) return [];
    const sentAt = at - 2_000 - world.cloud.platform.updateMs;
    const lost = world.cloud.vms.filter(
      (vm) =>
        vm.by.who === "orchestrator" &&
        vm.madeAt + world.cloud.platform.listLag + SEEN_MS < sentAt &&
        vm.deletedAt > at &&
        before.includes(vm.hash) &&
        !after.includes(vm.hash),
    );
    return lost.map(
      (vm) => `${describe(vm)} has lost its key by ${report.run.command} of op ${by.op}`,
    );
  });

/** The operator's word that runners lose their keys. */
const TAKES_AWAY: ReadonlySet<string> = new Set(["replace", "drop", "rollback"]);

/** Between the last look at the list and the update. */
const SEEN_MS = 4_000;

/** 4. No variable that the registry had is missing after an update. */
const environmentIsWhole: HistoryPromise = (world) =>
  world.cloud.changes.flatMap(({ by, what, envBefore, envAfter, vm }) => {
    if (by.who !== "operator" || what !== "update") return [];
    const lost = [...envBefore].filter(
      ([name, value]) => name !== APPROVED && value !== "" && !envAfter.get(name),
    );
    return lost.map(([name]) => `${describe(vm)} has lost ${name}`);
  });

/** 1 and 2, when everything has come to rest: nothing of ours is left but the registry. */
export const settled: HistoryPromise = (world) =>
  world.cloud.vms
    .filter((vm) => isTemporary(vm) && isAlive(world, vm))
    .map((vm) => `${describe(vm)} is still there, and paid for`);

export const HISTORY_PROMISES: Readonly<Record<string, HistoryPromise>> = {
  othersAreLeftAlone,
  nothingTwice,
  onlyCheckedHashes,
  runnersKeepTheirKeys,
  environmentIsWhole,
  secretsWait,
};
