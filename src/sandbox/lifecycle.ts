/** The state of a CVM at a given time. Derived from timestamps, so CVMs boot even while no sandbox runs. */
import type { CvmState, Generation, Operation } from "./model.ts";

export type Life = {
  readonly status: string;
  /** The operation under way, if any. */
  readonly inProgress: Operation | undefined;
  /** What answers at the gateway; undefined: nothing. */
  readonly serving: Generation | undefined;
  /** When the answering instance started; ms since the epoch. */
  readonly bootedAt: number;
  /** Identifies the running instance; changes at each restart. */
  readonly instance: string;
  /** Why the last boot failed; null if it did not, or has not yet. */
  readonly bootError: string | null;
};

/** The state of a CVM that answers. */
export type Serving = Life & { readonly serving: Generation };

export function lifeOf(cvm: CvmState, now: number): Life {
  if (cvm.deletedAt !== null) return notServing("deleting");
  const newest = cvm.operations.at(-1);
  if (newest?.outcome && !newest.outcome.applied) return lifeUnchanged(cvm, newest, now);
  if (newest === undefined || newest.type === "shutdown") return notServing("stopped");
  const elapsed = now - newest.startedAt;
  if (elapsed < newest.oldServesMs && cvm.previous)
    return { ...lifeBefore(cvm, cvm.previous, newest), inProgress: newest };
  if (elapsed < newest.durationMs) return { ...notServing("starting"), inProgress: newest };
  const { bootError } = cvm.current;
  if (bootError !== undefined) return { ...notServing("error"), bootError };
  return {
    status: "running",
    inProgress: undefined,
    serving: cvm.current,
    bootedAt: newest.startedAt + newest.durationMs,
    instance: newest.correlationId,
    bootError: null,
  };
}

/** During an operation that is not applied, the CVM stays as it was. */
function lifeUnchanged(cvm: CvmState, newest: Operation, now: number): Life {
  const operations = cvm.operations.filter((operation) => operation !== newest);
  const life = lifeOf({ ...cvm, operations }, now);
  return isInProgress(newest, now) ? { ...life, inProgress: newest } : life;
}

export function isInProgress(operation: Operation, now: number): boolean {
  if (operation.outcome?.ends === "missing") return false;
  return operation.outcome?.ends === "never" || now - operation.startedAt < operation.durationMs;
}

/** The state when the operation began: only an instance that ran then can still answer during it. */
function lifeBefore(cvm: CvmState, previous: Generation, newest: Operation): Life {
  const operations = cvm.operations.filter((operation) => operation !== newest);
  return lifeOf({ ...cvm, current: previous, previous: null, operations }, newest.startedAt);
}

const notServing = (status: string): Life => ({
  status,
  inProgress: undefined,
  serving: undefined,
  bootedAt: 0,
  instance: "",
  bootError: null,
});
