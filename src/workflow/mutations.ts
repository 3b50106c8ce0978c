/**
 * Every call that changes something in the cloud. The mutating half of the `phala` CLI is reachable only from
 * here, so that no call can be made without its intent on disk, and every unclear outcome is settled by the API.
 */
import { randomUUID } from "node:crypto";
import { sha256Hex } from "../core/compose-hash.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { Cvm } from "../core/domain.ts";
import type {
  ApproveHashAnswer,
  Clock,
  CloudApi,
  CliOutcome,
  CreateCvmRequest,
  Lookup,
  PhalaMutations,
  SpawnteeMutations,
  UpdateCvmRequest,
} from "../core/ports.ts";
import type { Journal, JournalEntry } from "../state/journal.ts";
import type { CleanupSignals } from "./cleanup.ts";

/** A create that failed proves nothing by itself: `created` may also come from looking the name up. */
export type CreateOutcome =
  | { readonly kind: "created"; readonly appId: string; readonly vmUuid: string | null }
  /** The name belongs to a CVM that this call did not make. */
  | { readonly kind: "taken"; readonly cvm: Cvm; readonly message: string }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "uncertain"; readonly message: string };

export type MutationPorts = {
  readonly cli: PhalaMutations;
  readonly api: CloudApi;
  readonly spawntee: SpawnteeMutations;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly cleanup: CleanupSignals;
  readonly ledger: Ledger;
};

/** What this run made (or may have made) and has not seen gone; kept in memory for the last words of a run. */
export class Ledger {
  readonly #made = new Map<string, string | null>();
  #touched = false;

  /** Whether this run has called for any change: "nothing was touched" is no longer true of how it ends. */
  get touched(): boolean {
    return this.#touched;
  }

  touch(): void {
    this.#touched = true;
  }

  note(name: string, appId: string | null): void {
    this.#made.set(name, appId);
  }

  strike(name: string): void {
    this.#made.delete(name);
  }

  has(name: string): boolean {
    return this.#made.has(name);
  }

  /** Null: made, but the app_id is not known. */
  appIdOf(name: string): string | null {
    return this.#made.get(name) ?? null;
  }

  leftBehind(): { name: string; app_id: string | null }[] {
    return [...this.#made].map(([name, appId]) => ({ name, app_id: appId }));
  }
}

const SETTLE_LIMIT_MS = 60_000;
/** How long a CVM may take to show up after a connection broke in the middle of its creation. */
const APPEARANCE_MS = 2_500;
const SETTLE_PAUSE_MS = 500;
const SETTLE_LOOKS = 8;

/** Phala refuses a name that a live CVM has: HTTP 409, ERR-01-004. */
const NAME_TAKEN = /ERR-01-004|\b409\b|already (?:exists|taken|in use)|name .*taken/i;

export class Mutations {
  readonly #ports: MutationPorts;
  readonly #deletions = new Map<string, string>();

  constructor(ports: MutationPorts) {
    this.#ports = ports;
  }

  get ledger(): Ledger {
    return this.#ports.ledger;
  }

  /** Says that a CVM of an earlier run is this run's to clean up. */
  takeOver(cvm: Cvm): void {
    this.ledger.note(cvm.name, cvm.appId);
  }

  /** Creates a CVM; an unclear outcome is settled by looking the exact name up. Does not throw on abort. */
  async createCvm(request: CreateCvmRequest, signal: AbortSignal): Promise<CreateOutcome> {
    const { name, composeText, environment } = request;
    const given = {
      compose_digest: sha256Hex(composeText),
      empty_names: environment.flatMap((variable) => (variable.value === "" ? [variable.name] : [])),
    };
    const intent = await this.#intend({ action: "create-cvm", name, app_id: null, ...given }, signal);
    this.ledger.note(request.name, null);
    const outcome = await this.#ports.cli.createCvm(request, signal);
    if (outcome.kind === "ok") {
      const { appId, vmUuid } = outcome.value;
      return this.#created(intent, request.name, appId, vmUuid);
    }
    return this.#settleCreate(intent, request.name, outcome);
  }

  /** Deletes a CVM. Whether it is gone is for the caller to see; `confirmGone` records it. */
  async deleteCvm(cvm: Cvm, signal: AbortSignal): Promise<CliOutcome<void>> {
    signal.throwIfAborted();
    const intent = await this.#intendDeletion(cvm);
    // The uuid names one VM, an app_id all instances of an app.
    const outcome = await this.#ports.cli.deleteCvm(cvm.vmUuid ?? cvm.appId ?? cvm.name, signal);
    this.#deletions.set(cvm.name, intent);
    return outcome;
  }

  /** Records that the API does not know the CVM any more. */
  async confirmGone(cvm: Cvm): Promise<void> {
    this.ledger.strike(cvm.name);
    const intent = this.#deletions.get(cvm.name) ?? (await this.#intendDeletion(cvm));
    const { appId: app_id, vmUuid: vm_uuid } = cvm;
    await this.#append({ type: "outcome", intent, outcome: "done", app_id, vm_uuid }).catch(() => undefined);
  }

  /**
   * A record that can't be written, on a full disk, holds up no deletion: a CVM that stays costs money, and
   * whoever asks the API is told that it is gone. The next call of another kind fails for it.
   */
  async #intendDeletion({ name, appId: app_id }: Cvm): Promise<string> {
    const intent = randomUUID();
    const record = { type: "intent", intent, action: "delete-cvm", name, app_id } as const;
    await this.#append(record).catch(() => undefined);
    this.ledger.touch();
    return intent;
  }

  /** Replaces compose file and whole environment of a CVM. The caller settles an unclear outcome. */
  async updateCvm(cvm: Cvm, request: UpdateCvmRequest, signal: AbortSignal): Promise<CliOutcome<void>> {
    const intent = await this.#intend({ action: "update-cvm", name: cvm.name, app_id: cvm.appId }, signal);
    const outcome = await this.#ports.cli.updateCvm(request, signal);
    await this.#append({
      type: "outcome",
      intent,
      outcome: outcome.kind === "ok" ? "done" : "unknown",
      app_id: cvm.appId,
      vm_uuid: cvm.vmUuid,
    });
    return outcome;
  }

  /** Pushes an approved list to a running registry, where it offers that. */
  async approveHashes(
    cvm: Cvm,
    push: { readonly url: string; readonly hashes: readonly string[]; readonly privateKeyPem: string },
    signal: AbortSignal,
  ): Promise<ApproveHashAnswer> {
    const intent = await this.#intend(
      { action: "approve-hashes", name: cvm.name, app_id: cvm.appId },
      signal,
    );
    const answer = await this.#ports.spawntee.approveHashes(
      push.url,
      push.hashes,
      push.privateKeyPem,
      signal,
    );
    const outcome = answer.kind === "approved" ? "done" : answer.kind === "unclear" ? "unknown" : "failed";
    await this.#append({ type: "outcome", intent, outcome, app_id: cvm.appId, vm_uuid: cvm.vmUuid });
    return answer;
  }

  async #intend(
    what: Omit<Extract<JournalEntry, { type: "intent" }>, "type" | "intent">,
    signal: AbortSignal,
  ): Promise<string> {
    signal.throwIfAborted();
    const intent = randomUUID();
    await this.#append({ type: "intent", intent, ...what });
    this.ledger.touch();
    return intent;
  }

  async #append(entry: JournalEntry): Promise<void> {
    await this.#ports.journal.append(entry);
  }

  async #created(intent: string, name: string, appId: string, vmUuid: string | null): Promise<CreateOutcome> {
    this.ledger.note(name, appId);
    await this.#append({ type: "outcome", intent, outcome: "done", app_id: appId, vm_uuid: vmUuid });
    return { kind: "created", appId, vmUuid };
  }

  async #settleCreate(
    intent: string,
    name: string,
    outcome: Exclude<CliOutcome<never>, { kind: "ok" }>,
  ): Promise<CreateOutcome> {
    const found = await this.#lookUpAfterCreate(name, outcome.kind === "unclear");
    const { message } = outcome;
    if (found.kind === "unknown") {
      await this.#append({ type: "outcome", intent, outcome: "unknown", app_id: null, vm_uuid: null });
      return { kind: "uncertain", message: `${message}; and looking ${name} up failed: ${found.reason}` };
    }
    if (found.kind === "present" && found.value.appId !== null && !NAME_TAKEN.test(message)) {
      return this.#created(intent, name, found.value.appId, found.value.vmUuid);
    }
    this.ledger.strike(name);
    // After an unclear end the platform may still be at it: the intent stays open, the next run looks again.
    const settled = outcome.kind === "refused" ? "failed" : "unknown";
    await this.#append({ type: "outcome", intent, outcome: settled, app_id: null, vm_uuid: null });
    if (found.kind === "present") return { kind: "taken", cvm: found.value, message };
    return { kind: "refused", message };
  }

  /** A CLI that was cut off may have its request still on the way, so "absent" must last for a moment. */
  async #lookUpAfterCreate(name: string, cutOff: boolean): Promise<Lookup<Cvm>> {
    const { api, clock, cleanup } = this.#ports;
    const signal = cleanup.signal(SETTLE_LIMIT_MS);
    const patience = clock.monotonic() + (cutOff ? APPEARANCE_MS : 0);
    let unknown: Lookup<Cvm> = { kind: "unknown", reason: "not looked up" };
    for (let look = 0; look < SETTLE_LOOKS; look += 1) {
      const found = await lookUp(api, name, signal);
      if (found.kind === "present") return found;
      if (found.kind === "absent" && clock.monotonic() >= patience) return found;
      unknown = found.kind === "unknown" ? found : unknown;
      if (signal.aborted) break;
      await clock.sleep(SETTLE_PAUSE_MS, signal).catch(() => undefined);
    }
    return unknown;
  }
}

/** A lookup under a cleanup signal: an exhausted budget is one more way of not knowing. */
async function lookUp(api: CloudApi, name: string, signal: AbortSignal): Promise<Lookup<Cvm>> {
  try {
    return await api.findCvm(name, signal);
  } catch (error) {
    return { kind: "unknown", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The error for a mutating call that Phala refused. */
export function refusedByPhala(what: string, message: string, hint: string): ClusterError {
  return new ClusterError({ kind: "platform", code: "phala-refused", message: `${what}: ${message}`, hint });
}

/** The error for a CVM that was refused, or may or may not be there. `whenUncertain` says why another run is safe. */
export function notCreated(
  name: string,
  outcome: Extract<CreateOutcome, { kind: "refused" | "uncertain" }>,
  whenUncertain: string,
): ClusterError {
  if (outcome.kind === "refused") {
    const hint = "mend that and run the same command again";
    return refusedByPhala(`Phala did not create ${name}`, outcome.message, hint);
  }
  return new ClusterError({
    kind: "platform",
    code: "create-uncertain",
    message: `could not find out whether ${name} was created: ${outcome.message}`,
    hint: whenUncertain,
  });
}
