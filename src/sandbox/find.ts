/** Looks up CVMs: which exist, and under which ids the API knows them at a given time. */
import type { CloudState, CvmState } from "./model.ts";
import { Refusal } from "./reply.ts";

/** The CVMs that exist, including those being deleted. */
export function liveCvms(state: CloudState, now = Date.now()): readonly CvmState[] {
  return state.cvms.filter(
    (cvm) => (cvm.deletedAt === null || cvm.deletedAt > now) && (cvm.existsAt ?? 0) <= now,
  );
}

/** The CVMs that occupy their name, visible or not. */
export function namedCvms(state: CloudState, now = Date.now()): readonly CvmState[] {
  return state.cvms.filter((cvm) => cvm.deletedAt === null || cvm.deletedAt > now);
}

/**
 * The CVMs in the lists, which lag behind: a new CVM is missing for a while, a deleted one stays for
 * `listedAfterDeletionMs`, unchanged.
 */
export function listedCvms(
  state: CloudState,
  listedAfterDeletionMs: number,
  now = Date.now(),
): readonly CvmState[] {
  return state.cvms
    .filter((cvm) => isVisible(cvm, now))
    .flatMap((cvm) => {
      if (cvm.deletedAt === null) return [cvm];
      if (cvm.deletedAt + listedAfterDeletionMs <= now) return [];
      return [listedAfterDeletionMs > 0 ? { ...cvm, deletedAt: null } : cvm];
    });
}

/**
 * By app_id (with or without `app_`), uuid (with or without dashes), hash id or name.
 * @throws Refusal (404)
 */
export function findLive(state: CloudState, id: string, now = Date.now()): CvmState {
  const [found] = findAll(state, id, now);
  if (found) return found;
  throw new Refusal(404, { detail: "CVM not found" });
}

function findAll(state: CloudState, id: string, now: number): readonly CvmState[] {
  const wanted = id.replace(/^app_/, "");
  const uuid = id.replaceAll("-", "").toLowerCase();
  return liveCvms(state, now).filter(
    (cvm) =>
      cvm.appId === wanted ||
      cvm.vmUuid === uuid ||
      hashId(cvm) === id ||
      (cvm.name === id && isVisible(cvm, now)),
  );
}

/** @throws Refusal (409) if several CVMs have the id. */
export function assertUnambiguous(state: CloudState, id: string): void {
  if (findAll(state, id, Date.now()).length < 2) return;
  throw new Refusal(409, { detail: `Several CVMs have the identifier ${id}; use the vm_uuid` });
}

export const hashId = (cvm: CvmState): string => `cvm_${cvm.id.toString(36).padStart(6, "0")}`;

/** Whether it is in lists and found by name. */
function isVisible(cvm: CvmState, now: number): boolean {
  return Math.max(cvm.existsAt ?? 0, cvm.visibleAt ?? 0) <= now;
}
