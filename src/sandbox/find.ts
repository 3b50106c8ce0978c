/** Which CVMs there are, and which of them the API knows by which id at a moment. */
import type { CloudState, CvmState } from "./model.ts";
import { Refusal } from "./refusal.ts";

/** Those that exist: a CVM that is being deleted does until it is gone. */
export function liveCvms(state: CloudState, now = Date.now()): readonly CvmState[] {
  return state.cvms.filter(
    (cvm) => (cvm.deletedAt === null || cvm.deletedAt > now) && (cvm.existsAt ?? 0) <= now,
  );
}

/** Those that hold their name, whether they can be seen yet or not. */
export function namedCvms(state: CloudState, now = Date.now()): readonly CvmState[] {
  return state.cvms.filter((cvm) => cvm.deletedAt === null || cvm.deletedAt > now);
}

/**
 * Those in the lists, which lag behind: a new CVM is missing for a while, one that is gone stays for
 * `listedAfterDeletionMs`, as it was.
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

/** @throws Refusal (409) for an id that several CVMs have. */
export function assertUnambiguous(state: CloudState, id: string): void {
  if (findAll(state, id, Date.now()).length < 2) return;
  throw new Refusal(409, { detail: `Several CVMs have the identifier ${id}; use the vm_uuid` });
}

export const hashId = (cvm: CvmState): string => `cvm_${cvm.id.toString(36).padStart(6, "0")}`;

/** In lists and by name. */
function isVisible(cvm: CvmState, now: number): boolean {
  return Math.max(cvm.existsAt ?? 0, cvm.visibleAt ?? 0) <= now;
}
