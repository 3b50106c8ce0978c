/** Whether a registry that exists is ours to use. */
import { hint, phala } from "../core/command-hint.ts";
import { registryName, type Adoption, type Cvm, type RegistryOwnership } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import { isOurRegistry, registryIds, type ClusterRecord } from "../state/record.ts";
import { APPEARANCE_MS, findByIdentity, lookupFailed } from "../workflow/find-cvm.ts";
import { isSameCvm } from "../workflow/ledger.ts";
import type { CvmIdentity } from "../core/ports.ts";
import type { StepContext } from "../workflow/step.ts";
import type { Registry } from "./registry.ts";

/** By its app_id, which is recorded before it is made or adopted. */
export function isOurs(cvm: Cvm, record: ClusterRecord): boolean {
  return isOurRegistry(record, cvm.appId);
}

/** Whose it is. One without an app_id can't be told from another, so it is never adopted. */
export function ownershipOf(
  cvm: Cvm,
  record: ClusterRecord,
  adoption: Adoption,
): RegistryOwnership {
  if (isOurs(cvm, record)) return "ours";
  const wanted = typeof adoption === "object" ? adoption.appId === cvm.appId : adoption;
  return wanted && cvm.appId !== null ? "adopted" : "foreign";
}

/**
 * The registry of the cluster, if there is one, under the cluster's lock: by its recorded app_id, whatever it is
 * called by now, else by its name.
 * @throws ClusterError `registry-exists` (conflict) for one that is not ours and not to be adopted,
 *   `registry-ambiguous` (conflict) for several; `lookup-failed` (platform) where the API does not say.
 */
export async function claimRegistry(
  cluster: string,
  record: ClusterRecord,
  context: Context,
  adoption: Adoption,
): Promise<Cvm | undefined> {
  const name = registryName(cluster);
  const own = await findRecorded(record, name, context);
  const candidates = await findNamed(name, own, context);
  assertOne(name, candidates);
  const [cvm] = candidates;
  const ownership = cvm && ownershipOf(cvm, record, adoption);
  if (cvm !== undefined && ownership === "ours") {
    if (cvm.name !== name)
      context.warn("registry-renamed", describeRenamed({ now: cvm.name, appId: cvm.appId, name }));
    return cvm;
  }
  const { registryCreations, adoptedRegistries } = record;
  const made = registryCreations.findLast(({ appId }) => appId !== null);
  const lost = made?.appId ?? adoptedRegistries.at(-1);
  // The journal is a hint, and the cloud wins. It is reported: the deletion may have been an accident.
  if (lost !== undefined)
    context.note(
      `this machine has recorded ${name} with app_id ${lost}, which Phala no longer has`,
    );
  if (cvm === undefined) return undefined;
  if (ownership === "foreign" || cvm.appId === null)
    throw new ClusterError("conflict", "registry-exists", {
      message: `${cvm.name} exists (app_id ${cvm.appId}) and was not made by a recorded run on this machine`,
      hint: "take it over with --adopt, or choose another --cluster-name",
    });
  await context.journal.append({ type: "adopted", name, app_id: cvm.appId });
  return cvm;
}

type Context = Pick<
  StepContext,
  "api" | "signal" | "journal" | "note" | "warn" | "clock" | "pollIntervalMs" | "mutations"
>;

/**
 * One of a recorded app_id. A creation that was forwarded, and of which nobody knows what came, is given the time that
 * it may take to become visible; then it is closed.
 */
async function findRecorded(
  record: ClusterRecord,
  name: string,
  context: Context,
): Promise<Cvm | undefined> {
  const { api, clock, signal, mutations } = context;
  const open = record.registryCreations.filter(({ appId, settled }) => appId !== null && !settled);
  const until = clock.monotonic() + (open.length === 0 ? 0 : APPEARANCE_MS);
  for (;;) {
    const isLast = clock.monotonic() >= until;
    for (const appId of registryIds(record).toReversed()) {
      const found = await findByIdentity({ name, appId, vmUuid: null }, api, signal, {
        list: isLast,
      });
      signal.throwIfAborted();
      if (found.kind === "unknown") throw lookupFailed(name, found.reason);
      if (found.kind === "present") return found.value;
    }
    if (isLast) break;
    context.note(`waiting for ${name} of an interrupted run, which may become visible yet`);
    await clock.sleep(Math.max(context.pollIntervalMs, 1_000), signal);
  }
  for (const { intent } of open) await mutations.closeCreation(intent);
  return undefined;
}

/** All candidates: CVMs of that name, and ours with its replicas. */
async function findNamed(
  name: string,
  own: Cvm | undefined,
  { api, signal }: Context,
): Promise<Cvm[]> {
  const ownId = own?.appId ?? undefined;
  const keep = (cvm: CvmIdentity): boolean => cvm.name === name || cvm.appId === ownId;
  // Concurrently; of two failures the look-up's is reported.
  const listing = api.listCvms(signal, { keep, search: name });
  listing.catch(() => undefined);
  const found = await api.findCvm(name, signal);
  const refused = found.kind === "unknown" ? lookupFailed(name, found.reason) : undefined;
  const named = await listing.catch((error: unknown) => {
    throw refused ?? error;
  });
  // A name that several have may be refused as ambiguous: then the list has them.
  if (refused !== undefined && named.length < 2) throw refused;
  return distinct([
    ...(own ? [own] : []),
    ...(found.kind === "present" ? [found.value] : []),
    ...named,
  ]);
}

const distinct = <C extends CvmIdentity>(cvms: readonly C[]): C[] =>
  cvms.filter((cvm, index) => cvms.findIndex((other) => isSameCvm(other, cvm)) === index);

function assertOne(name: string, cvms: readonly CvmIdentity[]): void {
  if (cvms.length < 2) return;
  throw new ClusterError("conflict", "registry-ambiguous", {
    message: describeAmbiguous(name, cvms),
    hint: PICK_ONE,
  });
}

/**
 * Nobody else is called by its name or has its app_id: of replicas only one would be updated, and be given the list.
 * @throws ClusterError `registry-ambiguous` (conflict); that of the list (platform) where the API does not say.
 */
export async function assertOnlyRegistry(
  { cvm }: Pick<Registry, "cvm">,
  { api, signal, mutations }: Pick<StepContext, "api" | "signal" | "mutations">,
): Promise<void> {
  const { name, appId } = cvm;
  const keep = (other: CvmIdentity): boolean => other.name === name || other.appId === appId;
  const listed = await api.listCvms(signal, { keep, search: name });
  const all = distinct([cvm, ...listed]);
  for (const each of all) mutations.ledger.see(each);
  assertOne(name, all);
}

/** For messages: a registry that was renamed. */
export function describeRenamed({
  now,
  appId,
  name,
}: {
  readonly now: string;
  readonly appId: string | null;
  readonly name: string;
}): string {
  return `the registry of this cluster (app_id ${appId}) is called ${now} by now: the orchestrator finds it only by the name ${name}; rename it in the dashboard`;
}

/** For messages: several CVMs that may be the registry. */
export function describeAmbiguous(name: string, cvms: readonly CvmIdentity[]): string {
  const ids = cvms.map(
    ({ name: given, appId, vmUuid }) => `${given} (app_id ${appId}, vm_uuid ${vmUuid})`,
  );
  return `${cvms.length} CVMs may be ${name}: ${ids.join(", ")}`;
}

export const PICK_ONE = hint`delete those that are not needed, each by its vm_uuid: ${phala("cvms", "delete", "VM_UUID", "--force")}`;
