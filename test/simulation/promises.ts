/** The eight promises of the contract as invariants of a run, or over a history: each says what was broken, or nothing. */
import { parse } from "yaml";
import { approvedList, type Change, type Vm } from "./vm.ts";
import { renderHint, type Invocation } from "../../src/core/command-hint.ts";
import { BY_HAND, type RunReport } from "./operator.ts";
import { attestedIsTrue } from "./promises-attested.ts";
import { describe, HISTORY_PROMISES, isAlive, settled, short } from "./promises-history.ts";
import { CLUSTER } from "./files.ts";
import { isTemporary, type World } from "./world.ts";

export type Broken = { readonly promise: string; readonly what: string };

/** What a run promises when it has ended. */
type RunPromise = (report: RunReport, world: World) => readonly string[];

const changesOf = (world: World, { id }: RunReport): Change[] =>
  world.cloud.changes.filter(({ by }) => by.who === "operator" && by.run === id);
const madeBy = (world: World, report: RunReport): Vm[] =>
  changesOf(world, report).flatMap(({ what, vm }) => (what === "create" ? [vm] : []));

/** 1. However a run ends, no temporary runner outlives it, or it is told of. */
const noOrphanOfARun: RunPromise = (report, world) => {
  if (report.exitCode === null) return [];
  const open = madeBy(world, report).filter((vm) => isTemporary(vm) && isAlive(world, vm));
  return open.flatMap((vm) => {
    if (report.exitCode === 0) return [`exit 0 and ${describe(vm)} runs on`];
    return isListed(report, vm)
      ? []
      : [`exit ${report.exitCode}, and nobody was told of ${describe(vm)}`];
  });
};

/** 6. What exists, may exist, or is left behind is listed. */
const leftBehindIsTrue: RunPromise = (report, world) => {
  const { leftBehind, exitCode } = report;
  if (leftBehind === undefined || exitCode === 0) return [];
  const untold = madeBy(world, report).filter((vm) => isAlive(world, vm) && !isListed(report, vm));
  const dead = leftBehind.flatMap(({ app_id: appId, may_exist: maybe }) => {
    const vms = world.cloud.vms.filter((vm) => vm.appId === appId);
    // Somebody else may have deleted it a moment ago.
    const isGone = vms.every(
      ({ goneAt, deletedAt }) =>
        goneAt < report.endedAt - 60_000 && deletedAt < report.startedAt + 1,
    );
    return maybe !== true && isGone
      ? [`left_behind has ${appId ?? "null"}, which is not there`]
      : [];
  });
  return [...untold.map((vm) => `left_behind lacks ${describe(vm)}`), ...dead];
};

const isListed = ({ leftBehind }: RunReport, { appId }: Vm): boolean =>
  leftBehind === undefined || leftBehind.some(({ app_id: listed }) => listed === appId);

/** 6. Exit code 0 only where the registry really has that list, runs that file, and is up. */
const successIsTrue: RunPromise = (report, world) => {
  const { exitCode, result, run } = report;
  if (exitCode !== 0 || (run.command !== "init" && run.command !== "rotate-hash")) return [];
  const { registry: told, approved_compose_hashes: hashes } = result as unknown as {
    registry: { vm_uuid: string };
    approved_compose_hashes: readonly string[];
  };
  const vm = world.cloud.vms.find(({ vmUuid }) => vmUuid === told.vm_uuid);
  if (!vm) return ["exit 0 with a registry that never was"];
  // What others did to it while the run was at its end.
  if (isTouchedByOthers(report, vm)) return [];
  return [
    ...(isAlive(world, vm) ? [] : ["exit 0 and the registry is gone"]),
    ...(isUnseen(report, vm, world) ? [] : listProblem(vm, hashes)),
    ...fileProblem(report, world, vm, hashes),
    ...(world.cloud.isUp(vm) || vm.changed.by.who !== "operator" || hasReplica(vm, world)
      ? []
      : ["exit 0 and the registry is not up"]),
  ];
};

/**
 * Values of an environment are never told: a list that others gave it shows in the list of operations alone. What it
 * runs does show.
 */
const isUnseen = ({ run }: RunReport, vm: Vm, world: World): boolean =>
  !world.cloud.platform.operations &&
  vm.updates.some(({ effective, by }) => effective && !(by.who === "operator" && by.op === run.op));

/** Two CVMs of one app_id are behind one address: that one of them answers says nothing of the other. */
const hasReplica = ({ appId }: Vm, world: World): boolean =>
  world.cloud.vms.filter((vm) => vm.appId === appId && isAlive(world, vm)).length > 1;

function listProblem(vm: Vm, hashes: readonly string[]): readonly string[] {
  const list = approvedList(vm);
  if (sameMembers(list, hashes) || isSuperset(list, hashes, vm)) return [];
  return [`exit 0 with ${short(hashes)}, the registry has ${short(list)}`];
}

/** A push leaves it with the file that it has; a rollback goes back to another one. */
function fileProblem(
  { run, result }: RunReport,
  world: World,
  vm: Vm,
  hashes: readonly string[],
): readonly string[] {
  const mayDiffer =
    run.rotation === "rollback" || result?.["approved_via"] === "api" || isPushed(vm, hashes);
  if (mayDiffer || vm.composeText === world.files.text(`registry${run.registry}`)) return [];
  return ["exit 0 and the registry runs another compose file"];
}

/** What the orchestrator pushed itself is more than the list that the operator gave. */
const isSuperset = (list: readonly string[], hashes: readonly string[], vm: Vm): boolean =>
  vm.pushed.size > 0 && hashes.every((hash) => list.includes(hash));
const isPushed = (vm: Vm, hashes: readonly string[]): boolean =>
  hashes.some((hash) => vm.pushed.has(hash));

function isTouchedByOthers({ id, startedAt }: RunReport, vm: Vm): boolean {
  const foreign = (by: Change["by"]): boolean => !(by.who === "operator" && by.run === id);
  const isDeleted =
    vm.deletedBy !== undefined && foreign(vm.deletedBy) && vm.deletedAt >= startedAt;
  const isChanged = foreign(vm.changed.by) && vm.changed.at >= startedAt;
  return (
    isDeleted ||
    isChanged ||
    vm.updates.some(({ by, endsAt }) => foreign(by) && endsAt >= startedAt)
  );
}

/** 6. Where a run says that Phala refused its update, nothing was changed, and nothing will be. */
const refusalIsTrue: RunPromise = (report, world) => {
  const { failure, id } = report;
  if (failure?.code !== "phala-refused" || failure.step !== "approve-compose-hash") return [];
  const own = world.cloud.vms.flatMap(({ updates }) =>
    updates.filter(({ by, effective }) => effective && by.who === "operator" && by.run === id),
  );
  return own.map(() => "it says that the update was refused, and it was not");
};

/** 2. When all has come to rest, the same command comes to its end: nobody refuses, and nothing is waited for. */
const converges: RunPromise = (report, world) => {
  const { isLast, exitCode, failure } = report;
  if (!isLast || !failure || isWaitedFor(report, world)) return [];
  const isBroken = exitCode === 4 || exitCode === 5 || failure.code === "state-unwritable";
  return isBroken ? [`at rest: exit ${exitCode}, ${failure.code}: ${failure.message}`] : [];
};

/** What never ends is waited for, and an update refused meanwhile; without a list nobody can tell what has ended. */
function isWaitedFor({ exitCode, failure }: RunReport, { cloud }: World): boolean {
  const { operations, correlation, progress } = cloud.platform;
  const isEnding = cloud.vms.every((vm) => !cloud.inProgress(vm));
  if (exitCode === 4) return !isEnding && (failure?.message.includes("in progress") ?? false);
  return exitCode === 5 && !(isEnding && operations && correlation && progress);
}

/** 7. One stop ends a run within the clean-up's time, and nothing but a second Ctrl-C cuts that short. */
const stopIsPrompt: RunPromise = ({ run, stoppedAt, endedAt, hung, isCutShort }) => {
  if (hung) return ["the run does not end"];
  const isHurried = run.faults.some(({ strike }) => strike.does === "ctrl-c-twice");
  if (isCutShort && !isHurried) return ["one stop was treated as two"];
  if (stoppedAt === undefined) return [];
  const took = Math.round((endedAt - stoppedAt) / 1000);
  return took > 50 ? [`${took} s from Ctrl-C to the end`] : [];
};

/** 5. orchestrator.yml is complete or untouched, and what is not ours survives. */
const configIsWhole: RunPromise = ({ fileBefore, fileAfter }) => {
  if (fileAfter === fileBefore) return [];
  if (fileAfter === undefined) return ["orchestrator.yml is gone"];
  const lost = BY_HAND.filter((text) => fileBefore?.includes(text) && !fileAfter.includes(text));
  if (lost.length > 0) return [`orchestrator.yml has lost ${JSON.stringify(lost[0])}`];
  const runner = (
    parse(fileAfter) as { infrastructure?: { runner?: Record<string, unknown> } } | null
  )?.infrastructure?.runner;
  return runner?.["cluster-name"] === CLUSTER && runner["max-models"] !== undefined
    ? []
    : ["orchestrator.yml is not complete"];
};

/** 8. Commands in hints are those of this run. */
const hintsAreWhole: RunPromise = ({ failure }) => {
  if (!failure) return [];
  const text = [failure.said, failure.advice ?? ""]
    .map((words) => renderHint(words, INVOCATION))
    .join("\n");
  const commands = text.match(/tee-cluster [a-z][^;,:\n]*/g) ?? [];
  return commands
    .filter((one) => !one.includes(`--cluster-name ${CLUSTER}`))
    .map((one) => `the hint of ${failure.code} has ${one}`);
};

const INVOCATION: Invocation = {
  program: "npx tee-cluster",
  argv: ["init", "--cluster-name", CLUSTER],
  context: [{ flag: "cluster-name", value: CLUSTER }],
  accepts: () => true,
};

/** An internal error is never the answer. */
const noFault: RunPromise = ({ exitCode, failure }) =>
  exitCode === 1
    ? [
        `internal error: ${String(failure?.cause instanceof Error ? failure.cause.stack : failure?.message)}`,
      ]
    : [];

const RUN_PROMISES: Readonly<Record<string, RunPromise>> = {
  noOrphanOfARun,
  leftBehindIsTrue,
  successIsTrue,
  refusalIsTrue,
  converges,
  stopIsPrompt,
  configIsWhole,
  hintsAreWhole,
  attestedIsTrue,
  noFault,
};

export function brokenByRun(report: RunReport, world: World): Broken[] {
  return Object.entries(RUN_PROMISES).flatMap(([promise, holds]) =>
    holds(report, world).map((what) => ({ promise, what })),
  );
}

export function brokenInAll(world: World, reports: readonly RunReport[]): Broken[] {
  return Object.entries({ ...HISTORY_PROMISES, settled }).flatMap(([promise, holds]) =>
    holds(world, reports).map((what) => ({ promise, what })),
  );
}

const sameMembers = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((hash) => b.includes(hash));
