/** Where a CVM is in its life at a moment. Derived from times, so CVMs boot while no sandbox runs. */
import type { CvmState, Generation, Operation } from "./model.ts";

export type Life = {
  readonly status: string;
  /** The operation under way, if any. */
  readonly inProgress: Operation | undefined;
  /** What answers at the gateway; undefined: nobody. */
  readonly serving: Generation | undefined;
  /** When the answering instance started; ms since the epoch. */
  readonly bootedAt: number;
  /** Names the running instance: another after each restart. */
  readonly instance: string;
  /** Why the last boot failed; null: it did not, or not yet. */
  readonly bootError: string | null;
};

/** Of a CVM that answers. */
export type Serving = Life & { readonly serving: Generation };

export function lifeOf(cvm: CvmState, now: number): Life {
  if (cvm.deletedAt !== null) return asleep("deleting");
  const newest = cvm.operations.at(-1);
  if (newest?.outcome && !newest.outcome.applied) return lifeUnchanged(cvm, newest, now);
  if (newest === undefined || newest.type === "shutdown") return asleep("stopped");
  const elapsed = now - newest.startedAt;
  if (elapsed < newest.oldServesMs && cvm.previous)
    return { ...lifeBefore(cvm, cvm.previous, newest), inProgress: newest };
  if (elapsed < newest.durationMs) return { ...asleep("starting"), inProgress: newest };
  const { bootError } = cvm.current;
  if (bootError !== undefined) return { ...asleep("error"), bootError };
  return {
    status: "running",
    inProgress: undefined,
    serving: cvm.current,
    bootedAt: newest.startedAt + newest.durationMs,
    instance: newest.correlationId,
    bootError: null,
  };
}

/** An operation that changes nothing is in progress for its time, and the CVM runs on as it was. */
function lifeUnchanged(cvm: CvmState, newest: Operation, now: number): Life {
  const operations = cvm.operations.filter((operation) => operation !== newest);
  const life = lifeOf({ ...cvm, operations }, now);
  return isInProgress(newest, now) ? { ...life, inProgress: newest } : life;
}

export function isInProgress(operation: Operation, now: number): boolean {
  if (operation.outcome?.ends === "missing") return false;
  return operation.outcome?.ends === "never" || now - operation.startedAt < operation.durationMs;
}

/** As it was when the operation began: only an instance that ran then can still answer during it. */
function lifeBefore(cvm: CvmState, previous: Generation, newest: Operation): Life {
  const operations = cvm.operations.filter((operation) => operation !== newest);
  return lifeOf({ ...cvm, current: previous, previous: null, operations }, newest.startedAt);
}

const asleep = (status: string): Life => ({
  status,
  inProgress: undefined,
  serving: undefined,
  bootedAt: 0,
  instance: "",
  bootError: null,
});
