/** Finding one CVM by all its ids: each kind of look-up may lag behind on its own. */
import type { Cvm } from "../core/domain.ts";
import type { CloudApi, CvmIdentity, Lookup } from "../core/ports.ts";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import { isSameCvm } from "./ledger.ts";

/** How long a new CVM may be missing from every answer: 20 s were seen. */
export const APPEARANCE_MS = 30_000;

type Api = Pick<CloudApi, "findCvm" | "listCvms">;

/**
 * By uuid, app_id and name; with `list` in the list too. `absent` only if every look-up says so; another CVM of the same
 * name does not count. Never throws: after an abort the result is `unknown`.
 */
export async function findByIdentity(
  cvm: CvmIdentity,
  api: Api,
  signal: AbortSignal,
  { list }: { readonly list: boolean },
): Promise<Lookup<Cvm>> {
  const { vmUuid, appId, name } = cvm;
  let unknown: Unanswered | undefined;
  for (const id of [vmUuid, appId, name]) {
    if (id === null) continue;
    const found = await lookUp(api, id, signal);
    if (found.kind === "present" && isSameCvm(found.value, cvm)) return found;
    if (found.kind === "unknown") unknown ??= { found, ofUuid: id === vmUuid };
  }
  if (!list) return unknown?.found ?? { kind: "absent" };
  return findInList(cvm, api, signal, unknown);
}

type Unanswered = {
  readonly found: Lookup<Cvm>;
  /** The uuid names one CVM: a look-up by it can't be ambiguous. */
  readonly ofUuid: boolean;
};

/**
 * An id that several CVMs have may be refused as ambiguous (409, 422): then the list tells which ones there are.
 * @param unknown the look-up that gave no answer.
 */
async function findInList(
  cvm: CvmIdentity,
  api: Api,
  signal: AbortSignal,
  unknown: Unanswered | undefined,
): Promise<Lookup<Cvm>> {
  const isRelated = ({ name, appId }: CvmIdentity): boolean =>
    name === cvm.name || (appId !== null && appId === cvm.appId);
  const keep = (other: CvmIdentity): boolean => isSameCvm(other, cvm) || isRelated(other);
  try {
    const listed = await api.listCvms(signal, { keep, search: cvm.name });
    const same = listed.find((other) => isSameCvm(other, cvm));
    if (same !== undefined) return { kind: "present", value: same };
    const isAmbiguous = listed.length > 1 && cvm.vmUuid !== null && unknown?.ofUuid === false;
    return unknown === undefined || isAmbiguous ? { kind: "absent" } : unknown.found;
  } catch (error) {
    return unknown?.found ?? { kind: "unknown", reason: messageOf(error) };
  }
}

async function lookUp(
  api: Pick<CloudApi, "findCvm">,
  id: string,
  signal: AbortSignal,
): Promise<Lookup<Cvm>> {
  try {
    return await api.findCvm(id, signal);
  } catch (error) {
    return { kind: "unknown", reason: messageOf(error) };
  }
}

/** The error for a look-up without an answer, before anything is created. */
export function lookupFailed(name: string, reason: string): ClusterError {
  return new ClusterError("platform", "lookup-failed", {
    message: `could not find out whether ${name} exists: ${reason}`,
    hint: "nothing was touched; when Phala's API answers, run the same command again",
  });
}
