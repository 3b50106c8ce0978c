/** Deleting a CVM and confirming it: the temporary runner however a run ends, and whatever `destroy` finds. */
import { hint, phala, type Words } from "../core/command-hint.ts";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import type { Cvm } from "../core/domain.ts";
import type { CvmIdentity } from "../core/ports.ts";
import { APPEARANCE_MS, findByIdentity } from "../workflow/find-cvm.ts";
import { isSameCvm } from "../workflow/ledger.ts";
import type { StepDeps } from "../workflow/step.ts";
import { notKnownYet, waitUntil, type PollResult } from "../workflow/wait.ts";

const DELETION_LIMIT_MS = 120_000;
/** A deletion is asynchronous; an accepted one is requested again only after this. */
const ASK_AGAIN_MS = 15_000;

/**
 * Deletes a CVM and returns once the API no longer has it: by no id, not by name, not in its list. One that this run
 * made, or may have made, is looked for until it has had time to become visible.
 * @returns false where there was none.
 * @throws ClusterError `cvm-not-deleted` (platform) or a timeout, with the command to do it by hand.
 */
export async function removeCvm(
  cvm: CvmIdentity,
  deps: StepDeps,
  signal: AbortSignal,
  progress?: (message: string) => void,
): Promise<boolean> {
  const removal = new Removal(cvm, deps, signal);
  const timeoutMs = Math.min(deps.timeoutMs, DELETION_LIMIT_MS);
  const pollIntervalMs = Math.min(deps.pollIntervalMs, 1000);
  const { clock } = deps;
  await waitUntil<undefined>(
    { clock, signal, timeoutMs, pollIntervalMs, progress },
    { what: `${cvm.name} to be gone`, hint: byHand(cvm), look: (limit) => removal.look(limit) },
  ).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    throw new ClusterError("platform", "cvm-not-deleted", {
      message: `could not confirm that ${cvm.name} was deleted: ${messageOf(error)}`,
      hint: byHand(cvm),
      cause: error,
    });
  });
  return removal.confirm();
}

/**
 * Deletes a temporary runner of ours and all its replicas: they have its app_id, which our own creation was given, and
 * cost as much.
 * @returns whether there was any.
 * @throws as `removeCvm`, once every one has been tried.
 */
export async function removeWithReplicas(
  cvm: CvmIdentity,
  deps: StepDeps,
  signal: AbortSignal,
  { progress, note }: { progress?: (message: string) => void; note: (message: string) => void },
): Promise<boolean> {
  const first = await removeCvm(cvm, deps, signal, progress).catch((error: unknown) => ({ error }));
  const { appId, name } = cvm;
  const replicas = appId === null ? [] : await listReplicas(cvm, deps, signal);
  const failures = typeof first === "object" ? [first.error] : [];
  for (const replica of replicas) {
    note(`removing a replica of ${name} (vm_uuid ${replica.vmUuid})`);
    deps.mutations.takeOver(replica);
    await removeCvm(replica, deps, signal, progress).catch((error: unknown) =>
      failures.push(error),
    );
  }
  if (failures.length > 0) throw failures[0];
  return first === true || replicas.length > 0;
}

/** Other CVMs with its app_id that are not being deleted yet. */
async function listReplicas(
  { appId, vmUuid, name }: CvmIdentity,
  { api }: StepDeps,
  signal: AbortSignal,
): Promise<readonly Cvm[]> {
  const keep = (cvm: CvmIdentity): boolean => cvm.appId === appId && cvm.vmUuid !== vmUuid;
  const listed = await api.listCvms(signal, { keep, search: name });
  return listed.filter(({ status }) => status !== "deleting");
}

class Removal {
  readonly #deps: StepDeps;
  readonly #signal: AbortSignal;
  readonly #visibleAt: number;
  #cvm: CvmIdentity;
  #seen: Cvm | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #refusal = "";

  constructor(cvm: CvmIdentity, deps: StepDeps, signal: AbortSignal) {
    this.#cvm = cvm;
    this.#deps = deps;
    this.#signal = signal;
    const made = deps.mutations.ledger.entriesOf(cvm.name).find((entry) => isSameCvm(entry, cvm));
    this.#visibleAt = (made?.madeAt ?? Number.NEGATIVE_INFINITY) + APPEARANCE_MS;
  }

  /** @param limited for the look-ups; a deletion that was asked for is waited for. */
  async look(limited: AbortSignal): Promise<PollResult<undefined>> {
    const { api, clock } = this.#deps;
    const hadTime = this.#seen !== undefined || clock.monotonic() >= this.#visibleAt;
    const found = await findByIdentity(this.#cvm, api, limited, { list: hadTime });
    this.#signal.throwIfAborted();
    if (found.kind === "unknown") return notKnownYet(found);
    if (found.kind === "absent") {
      return hadTime
        ? { kind: "there", value: undefined }
        : { kind: "not-yet", seen: "not visible yet" };
    }
    this.#seen = found.value;
    // The uuid tells it from its replicas.
    this.#cvm = { ...found.value, vmUuid: found.value.vmUuid ?? this.#cvm.vmUuid };
    if (await this.#ask(found.value)) return this.look(limited);
    return {
      kind: "not-yet",
      seen: this.#refusal === "" ? "still there" : `still there (${this.#refusal})`,
    };
  }

  /** @returns whether the deletion was accepted just now. */
  async #ask(cvm: Cvm): Promise<boolean> {
    const { clock, mutations } = this.#deps;
    if (cvm.status === "deleting") return false;
    if (clock.monotonic() - this.#askedAt < ASK_AGAIN_MS) return false;
    const outcome = await mutations.deleteCvm(cvm, this.#signal);
    if (outcome.kind === "ok") this.#askedAt = clock.monotonic();
    this.#refusal = outcome.kind === "ok" ? "" : outcome.message;
    return outcome.kind === "ok";
  }

  async confirm(): Promise<boolean> {
    const { mutations } = this.#deps;
    if (this.#seen === undefined) {
      mutations.ledger.remove(this.#cvm);
      return false;
    }
    await mutations.confirmGone(this.#seen);
    return true;
  }
}

/** By its id where it is known: several CVMs may have one name. */
const byHand = ({ name, vmUuid, appId }: CvmIdentity): Words =>
  hint`delete it by hand, it costs money: ${phala("cvms", "delete", vmUuid ?? appId ?? name, "--force")}`;
