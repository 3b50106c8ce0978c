/** Whether a registry that exists is ours to use. */
import { registryName, type Adoption, type Cvm, type RegistryOwnership } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { isOurRegistry, type ClusterRecord } from "../state/record.ts";
import { isThatCreation, lookupFailed } from "../runners/leftovers.ts";
import type { StepContext } from "../workflow/step.ts";

/** By its recorded app_id; where a kill came before the outcome's record, by the time of its creation. */
export function isOurs(cvm: Cvm, record: ClusterRecord, skewMs: number): boolean {
  if (isOurRegistry(record, cvm.appId)) return true;
  return record.registryCreations.some(
    (creation) => !creation.settled && isThatCreation(creation, cvm, skewMs),
  );
}

/** What is to become of it. One whose app_id is not known can't be told from another, so it is never adopted. */
export function ownershipOf(
  cvm: Cvm,
  record: ClusterRecord,
  skewMs: number,
  adoption: Adoption,
): RegistryOwnership {
  if (isOurs(cvm, record, skewMs)) return "ours";
  const wanted = typeof adoption === "object" ? adoption.appId === cvm.appId : adoption;
  return wanted && cvm.appId !== null ? "adopted" : "foreign";
}

/**
 * The registry of the cluster, if there is one, under the cluster's lock.
 * @throws ClusterError `registry-exists` (conflict) for one that is not ours and not to be adopted;
 *   `lookup-failed` (platform) where the API does not say.
 */
export async function claimRegistry(
  cluster: string,
  record: ClusterRecord,
  context: Pick<StepContext, "api" | "signal" | "journal" | "note">,
  adoption: Adoption,
): Promise<Cvm | undefined> {
  const name = registryName(cluster);
  const found = await context.api.findCvm(name, context.signal);
  if (found.kind === "unknown") throw lookupFailed(name, found.reason);
  const cvm = found.kind === "present" ? found.value : undefined;
  const standing = cvm && ownershipOf(cvm, record, context.api.serverClock.skewMs() ?? 0, adoption);
  if (standing === "ours") return cvm;
  const lost = lastRecorded(record);
  // The journal is a hint and loses, but not without a word: whoever deleted it may not have meant to.
  if (lost !== undefined)
    context.note(`this machine has recorded ${name} with app_id ${lost}, which Phala does not have any more`);
  if (cvm === undefined) return undefined;
  if (standing === "foreign" || cvm.appId === null) throw registryExists(cvm);
  await context.journal.append({ type: "adopted", name, app_id: cvm.appId });
  return cvm;
}

const lastRecorded = ({ registryCreations, adoptedRegistries }: ClusterRecord): string | undefined =>
  registryCreations.findLast(({ appId }) => appId !== null)?.appId ?? adoptedRegistries.at(-1);

function registryExists(cvm: Cvm): ClusterError {
  return new ClusterError({
    kind: "conflict",
    code: "registry-exists",
    message: `${cvm.name} exists (app_id ${cvm.appId}) and was not made by a recorded run on this machine`,
    hint: "take it over with --adopt, or choose another --cluster-name",
  });
}
