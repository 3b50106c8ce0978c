/**
 * Every call that changes the cloud. The mutating half of the `phala` CLI is reachable only from here, so that no call
 * is made without its intent on disk, and every unclear outcome is settled by the API.
 */
import { randomUUID } from "node:crypto";
import { sha256Hex } from "../core/compose-hash.ts";
import { identityOf, type Cvm } from "../core/domain.ts";
import type {
  AcceptedUpdate,
  ApproveHashAnswer,
  Clock,
  CloudApi,
  CreateCvmRequest,
  CvmIdentity,
  DeployHooks,
  MutationOutcome,
  PhalaMutations,
  PhalaQueries,
  Provisioned,
  Refused,
  SpawnteeMutations,
  Unclear,
  UpdateCvmRequest,
} from "../core/ports.ts";
import type { Journal, JournalEntry } from "../state/journal.ts";
import type { CleanupSignals } from "./cleanup.ts";
import type { Ledger } from "./ledger.ts";
import type { CreateOutcome } from "./mutation-outcome.ts";
import { retryBusy, type Attempt } from "./mutation-retry.ts";
import { settleCreate, type Creation } from "./settle-create.ts";

export type MutationPorts = {
  readonly cli: PhalaMutations & Pick<PhalaQueries, "expectRuns">;
  readonly api: CloudApi;
  readonly spawntee: SpawnteeMutations;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly cleanup: CleanupSignals;
  readonly ledger: Ledger;
  /** For repeating what the platform refused as "busy". */
  readonly timeoutMs: number;
};

export type UpdateHooks = DeployHooks & { readonly beforeRetry?: () => Promise<void> };

export class Mutations {
  readonly #ports: MutationPorts;
  readonly #deletions = new Map<string, string>();

  constructor(ports: MutationPorts) {
    this.#ports = ports;
  }

  get ledger(): Ledger {
    return this.#ports.ledger;
  }

  /** See `PhalaQueries.expectRuns`. */
  readonly expectRuns = (count: number): Promise<void> => this.#ports.cli.expectRuns(count);

  /** Makes a CVM of an earlier run this run's to clean up. */
  takeOver(cvm: Cvm): void {
    this.ledger.learnType(cvm.name, cvm.instanceType);
    this.ledger.add(cvm);
  }

  /**
   * Creates a CVM. What it is (app_id, compose hash) is on disk before the request that makes it is sent; an unclear
   * outcome is settled by these ids, and one that says "busy" is repeated. Does not throw on abort.
   * @throws what a hook threw: nothing was made.
   */
  async createCvm(
    request: CreateCvmRequest,
    signal: AbortSignal,
    hooks: DeployHooks = {},
  ): Promise<CreateOutcome> {
    const { name, composeText, environment } = request;
    this.ledger.learnType(name, request.instanceType);
    const given = {
      compose_digest: sha256Hex(composeText),
      empty_names: environment.flatMap((variable) =>
        variable.value === "" ? [variable.name] : [],
      ),
    };
    const intent = await this.#intend(
      { action: "create-cvm", name, app_id: null, ...given },
      signal,
    );
    // A try that was refused as busy may have been made all the same: the next one then finds its name taken.
    const tried: string[] = [];
    const onProvisioned = async (provisioned: Provisioned): Promise<void> => {
      tried.push(provisioned.appId);
      await this.#recordProvisioned(intent, name, provisioned);
      await hooks.onProvisioned?.(provisioned);
    };
    return retryBusy(this.#ports, signal, async () => {
      const outcome = await this.#ports.cli
        .createCvm(request, signal, { ...hooks, onProvisioned })
        .catch(async (error: unknown) => {
          // The hook's failure is the one to report, even where the disk is full.
          await this.#notMade(intent, name).catch(() => undefined);
          throw error;
        });
      if (outcome.kind === "ok") return { value: await this.#created(intent, outcome.value) };
      return this.#settleCreate(intent, { name, tried }, outcome, signal);
    });
  }

  /** Lets the platform compute app_id and compose hash of a create that is not made. It changes nothing. */
  provisionCvm(
    request: CreateCvmRequest,
    signal: AbortSignal,
    hooks?: DeployHooks,
  ): Promise<MutationOutcome<Provisioned>> {
    signal.throwIfAborted();
    return this.#ports.cli.provisionCvm(request, signal, hooks);
  }

  /** Requests a deletion. The caller waits until the CVM is gone, and records that with `confirmGone`. */
  async deleteCvm(cvm: Cvm, signal: AbortSignal): Promise<MutationOutcome<void>> {
    signal.throwIfAborted();
    const intent = await this.#intendDeletion(cvm);
    // The uuid names one VM, an app_id all instances of an app.
    const outcome = await this.#ports.cli.deleteCvm(cvm.vmUuid ?? cvm.appId ?? cvm.name, signal);
    this.#deletions.set(identityOf(cvm), intent);
    return outcome;
  }

  /** Records that the API no longer has the CVM. */
  async confirmGone(cvm: Cvm): Promise<void> {
    this.ledger.remove(cvm);
    const intent = this.#deletions.get(identityOf(cvm)) ?? (await this.#intendDeletion(cvm));
    await this.#end(intent, "done", cvm).catch(() => undefined);
  }

  /** Records that an earlier run's creation made nothing: its app_id stayed unknown for long enough. */
  async closeCreation(intent: string): Promise<void> {
    await this.#end(intent, "failed");
  }

  /**
   * A full disk does not prevent a deletion: a CVM that stays costs money, and the API shows that it is gone. The next
   * call of another kind fails for it.
   */
  async #intendDeletion({ name, appId: app_id }: Cvm): Promise<string> {
    const intent = randomUUID();
    const record = { type: "intent", intent, action: "delete-cvm", name, app_id } as const;
    await this.#append(record).catch(() => undefined);
    this.ledger.touched = true;
    return intent;
  }

  /**
   * Replaces compose file and whole environment of a CVM; a refusal that says "busy" is repeated. The caller settles
   * an unclear outcome, and sees the update's end by its correlation id.
   * @param hooks `beforeRetry`: before it is repeated; throws where it must not be.
   * @throws what a hook threw: nothing was sent.
   */
  async updateCvm(
    cvm: Cvm,
    request: UpdateCvmRequest,
    signal: AbortSignal,
    { beforeRetry, ...hooks }: UpdateHooks = {},
  ): Promise<MutationOutcome<AcceptedUpdate>> {
    const intent = await this.#intend(
      { action: "update-cvm", name: cvm.name, app_id: cvm.appId },
      signal,
    );
    this.ledger.approving = true;
    const outcome = await retryBusy(this.#ports, signal, async (isRetry) => {
      if (isRetry) await beforeRetry?.();
      const value = await this.#ports.cli
        .updateCvm(request, signal, hooks)
        .catch(async (error: unknown) => {
          // The hook's failure is the one to report, even where the disk is full.
          await this.#end(intent, "failed", cvm).catch(() => undefined);
          throw error;
        });
      const isBusy = value.kind === "refused" && value.reason === "busy";
      return { value, ...(isBusy ? { retryAfterMs: value.retryAfterMs } : {}) };
    });
    const correlation_id = outcome.kind === "ok" ? outcome.value.correlationId : null;
    await this.#end(intent, OUTCOMES[outcome.kind], cvm, { correlation_id });
    return outcome;
  }

  /** Pushes an approved list to a running registry, where it offers that. */
  async approveHashes(
    cvm: Cvm,
    push: {
      readonly url: string;
      readonly hashes: readonly string[];
      readonly privateKeyPem: string;
    },
    signal: AbortSignal,
  ): Promise<ApproveHashAnswer> {
    const intent = await this.#intend(
      { action: "approve-hashes", name: cvm.name, app_id: cvm.appId },
      signal,
    );
    this.ledger.approving = true;
    const answer = await this.#ports.spawntee.approveHashes(
      push.url,
      push.hashes,
      push.privateKeyPem,
      signal,
    );
    await this.#end(intent, PUSH_OUTCOMES[answer.kind], cvm);
    return answer;
  }

  async #intend(
    what: Omit<Extract<JournalEntry, { type: "intent" }>, "type" | "intent">,
    signal: AbortSignal,
  ): Promise<string> {
    signal.throwIfAborted();
    const intent = randomUUID();
    await this.#append({ type: "intent", intent, ...what });
    this.ledger.touched = true;
    return intent;
  }

  async #append(entry: JournalEntry): Promise<void> {
    await this.#ports.journal.append(entry);
  }

  /** Records what came of an intent. */
  #end(
    intent: string,
    outcome: "done" | "failed" | "unknown",
    { appId: app_id, vmUuid: vm_uuid }: Omit<CvmIdentity, "name"> = NO_CVM,
    more: { readonly correlation_id?: string | null } = {},
  ): Promise<void> {
    return this.#append({ type: "outcome", intent, outcome, app_id, vm_uuid, ...more });
  }

  async #recordProvisioned(intent: string, name: string, provisioned: Provisioned): Promise<void> {
    const { appId: app_id, composeHash: compose_hash, envKey: env_key } = provisioned;
    await this.#append({ type: "provisioned", intent, app_id, compose_hash, env_key });
    // An earlier try was refused: this is the one that may exist.
    for (const entry of this.ledger.entriesOf(name)) this.ledger.remove(entry);
    const at = this.#ports.clock.monotonic();
    this.ledger.add({ name, appId: app_id, vmUuid: null }, { certain: false, at });
  }

  async #created(intent: string, cvm: CvmIdentity): Promise<CreateOutcome> {
    const { appId, vmUuid } = cvm;
    if (appId === null) throw new Error("a CVM without app_id was treated as ours");
    this.ledger.add(cvm, { certain: true, at: this.#ports.clock.monotonic() });
    await this.#end(intent, "done", cvm);
    return { kind: "created", appId, vmUuid };
  }

  async #notMade(intent: string, name: string): Promise<void> {
    for (const entry of this.ledger.entriesOf(name)) this.ledger.remove(entry);
    await this.#end(intent, "failed");
  }

  async #settleCreate(
    intent: string,
    creation: Creation,
    outcome: Refused | Unclear,
    signal: AbortSignal,
  ): Promise<Attempt<CreateOutcome>> {
    const { message } = outcome;
    const { name } = creation;
    const settled = await settleCreate(creation, outcome, this.#ports, signal);
    switch (settled.kind) {
      case "made":
        return { value: await this.#created(intent, settled.cvm) };
      case "taken":
        await this.#notMade(intent, name);
        return { value: { kind: "taken", cvm: settled.cvm, message } };
      case "not-made": {
        const refusal = outcome.kind === "refused" ? outcome : outcome.conflict;
        const value: CreateOutcome = { kind: "refused", message: refusal?.message ?? message };
        const retryAfterMs = refusal?.retryAfterMs ?? null;
        if (settled.retry && !signal.aborted)
          return { value, retryAfterMs, final: () => this.#notMade(intent, name) };
        await this.#notMade(intent, name);
        return { value };
      }
      default: {
        // Left open: the next run looks again, by the app_id.
        const appId = outcome.kind === "unclear" ? (outcome.provisioned?.appId ?? null) : null;
        await this.#end(intent, "unknown", { appId, vmUuid: null });
        return { value: { kind: "uncertain", message: `${message}; ${settled.reason}` } };
      }
    }
  }
}

const NO_CVM = { appId: null, vmUuid: null };

const OUTCOMES = { ok: "done", refused: "failed", unclear: "unknown" } as const;
const PUSH_OUTCOMES = {
  approved: "done",
  refused: "failed",
  "not-offered": "failed",
  unclear: "unknown",
} as const;
