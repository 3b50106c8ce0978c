/** Looking for one CVM by everything that is known of it: each way of asking may lag behind by itself. */
import type { Cvm } from "../core/domain.ts";
import type { CloudApi, CvmIdentity, Lookup } from "../core/ports.ts";
import { messageOf } from "../errors/cluster-error.ts";
import { isSameCvm } from "./ledger.ts";

/** How long a CVM that was just made may be missing from every answer: 20 s were seen. */
export const APPEARANCE_MS = 30_000;

/**
 * By uuid, app_id and name; `list` asks the list too. `absent` only if every one says so; a CVM of that name which is
 * another one does not count as it. Never throws: an aborted signal is one more way of not knowing.
 */
export async function findByIdentity(
  cvm: CvmIdentity,
  api: Pick<CloudApi, "findCvm" | "listCvms">,
  signal: AbortSignal,
  { list }: { readonly list: boolean },
): Promise<Lookup<Cvm>> {
  const { vmUuid, appId, name } = cvm;
  let unknown: Lookup<Cvm> | undefined;
  for (const id of [vmUuid, appId, name]) {
    if (id === null) continue;
    const found = await lookUp(api, id, signal);
    if (found.kind === "present" && isSameCvm(found.value, cvm)) return found;
    if (found.kind === "unknown") unknown ??= found;
  }
  if (unknown !== undefined || !list) return unknown ?? { kind: "absent" };
  try {
    const keep = (other: CvmIdentity): boolean => isSameCvm(other, cvm);
    const listed = (await api.listCvms(signal, { keep, search: name })).find(keep);
    return listed === undefined ? { kind: "absent" } : { kind: "present", value: listed };
  } catch (error) {
    return { kind: "unknown", reason: messageOf(error) };
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
