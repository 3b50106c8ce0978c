/**
 * A platform in the test's memory, with a clock that moves only when somebody sleeps, and a run's own parts on it:
 * the real mutations and ledger, a journal and reports that are kept as lists.
 */
import { renderHint } from "../../src/core/command-hint.ts";
import { composeHashOf, type AppCompose } from "../../src/core/compose-hash.ts";
import type { Cvm } from "../../src/core/domain.ts";
import type { CheckLine } from "../../src/core/events.ts";
import type {
  AcceptedUpdate,
  ApproveHashAnswer,
  Clock,
  CloudApi,
  CreateCvmRequest,
  CreatedCvm,
  CvmOperation,
  DeployHooks,
  Health,
  Lookup,
  MutationOutcome,
  OperationsLookup,
  ServerTime,
  Spawntee,
  SpawnteeAnswer,
  UpdateCvmRequest,
} from "../../src/core/ports.ts";
import type { HistoryEntry } from "../../src/state/history.ts";
import type { JournalEntry, JournalRecord } from "../../src/state/journal.ts";
import { summarizeJournal, type ClusterRecord } from "../../src/state/record.ts";
import { Ledger } from "../../src/workflow/ledger.ts";
import type { MutationPorts } from "../../src/workflow/mutations.ts";
import { Mutations } from "../../src/workflow/mutations.ts";
import type { StepContext } from "../../src/workflow/step.ts";
import { registryOf, type Registry } from "../../src/registry/registry.ts";

export const APP = "a".repeat(40);
export const UUID = "b".repeat(32);

export const cvmOf = (change: Partial<Cvm> = {}): Cvm => ({
  name: "bird-registry",
  appId: APP,
  vmUuid: UUID,
  status: "running",
  inProgress: false,
  composeHash: null,
  nodeName: "prod5",
  baseDomain: "dstack.example",
  instanceType: "tdx.small",
  createdAt: "2026-01-01T00:00:00Z",
  ...change,
});

export const registryFrom = (cvm: Cvm): Registry =>
  registryOf(cvm, "https://{app_id}-{port}.{base_domain}", 8080);

export const operationOf = (change: Partial<CvmOperation> = {}): CvmOperation => ({
  correlationId: "c1",
  type: "compose_update",
  status: "completed",
  state: "done",
  startedAt: null,
  completedAt: null,
  errorMessage: null,
  composeHash: null,
  ...change,
});

export const refusal = (
  message: string,
  change: {
    readonly reason?: "busy" | "other" | "name-taken";
    readonly retryAfterMs?: number;
  } = {},
) =>
  ({
    kind: "refused",
    message,
    reason: "other",
    apiError: null,
    retryAfterMs: null,
    ...change,
  }) as const;

export const lost = (message = "connection lost") =>
  ({ kind: "unclear", message, provisioned: null, committed: true, conflict: null }) as const;

/** What the platform and the registry's own service do; a test replaces what it is about. */
export type Behaviour = {
  findCvm(id: string): Lookup<Cvm>;
  listCvms(): readonly Cvm[];
  appCompose(id: string): Lookup<AppCompose>;
  operations(id: string): OperationsLookup;
  serverTime(): ServerTime | null;
  create(request: CreateCvmRequest, hooks: DeployHooks): Promise<MutationOutcome<CreatedCvm>>;
  update(request: UpdateCvmRequest, hooks: DeployHooks): Promise<MutationOutcome<AcceptedUpdate>>;
  remove(id: string): MutationOutcome<void>;
  push(hashes: readonly string[], key: string): ApproveHashAnswer;
  health(): SpawnteeAnswer<Health>;
  debugEndpoint(): "closed" | "open" | "unknown";
  /** What it throws is a disk that can't be written. */
  beforeAppend(entry: JournalEntry): void;
};

export type MemoryCloud = ReturnType<typeof memoryCloud>;

export function memoryCloud(cvms: Cvm[] = [], behaviour: Partial<Behaviour> = {}) {
  let now = 0;
  let looks = 0;
  /** A wait that never ends fails instead of hanging. */
  const count = (): void => {
    looks += 1;
    if (looks > 20_000) throw new Error("asked for ever");
  };
  const EPOCH = Date.UTC(2026, 0, 1);
  const scheduled: { at: number; run: () => void }[] = [];
  const controller = new AbortController();
  const ledger = new Ledger();
  const entries: JournalEntry[] = [];
  const history: HistoryEntry[] = [];
  /** What was asked for that changes something, in order. */
  const calls: { readonly at: number; readonly call: string; readonly with: unknown }[] = [];
  /** What was told: `warn CODE: message`, `note: message`. */
  const told: string[] = [];
  const checks: CheckLine[] = [];
  const appComposes = new Map<string, AppCompose>();
  const operations = new Map<string, readonly CvmOperation[]>();

  const does: Behaviour = {
    findCvm(id) {
      const value = cvms.find((cvm) => [cvm.vmUuid, cvm.appId, cvm.name].includes(id));
      return value ? { kind: "present", value } : { kind: "absent" };
    },
    listCvms: () => cvms,
    appCompose(id) {
      const value = appComposes.get(id);
      return value ? { kind: "present", value } : { kind: "absent" };
    },
    operations(id) {
      const value = operations.get(id);
      return value ? { kind: "present", value } : { kind: "not-offered" };
    },
    serverTime: () => null,
    create: async () => refusal("nobody makes CVMs here"),
    update: async () => ({ kind: "ok", value: { correlationId: "own" } }),
    remove(id) {
      const at = cvms.findIndex((cvm) => [cvm.vmUuid, cvm.appId, cvm.name].includes(id));
      if (at >= 0) cvms.splice(at, 1);
      return { kind: "ok", value: undefined };
    },
    push: () => ({ kind: "approved" }),
    health: () => ({ kind: "silent", detail: "nobody answers" }),
    debugEndpoint: () => "closed",
    beforeAppend: () => undefined,
    ...behaviour,
  };

  const sleepUntil = (until: number, signal: AbortSignal): void => {
    for (;;) {
      const [next] = scheduled.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      scheduled.splice(scheduled.indexOf(next), 1);
      now = Math.max(now, next.at);
      next.run();
      if (signal.aborted) return;
    }
    now = Math.max(now, until);
  };
  const clock: Clock = {
    now: () => EPOCH + now,
    monotonic() {
      count();
      return now;
    },
    async sleep(ms, signal) {
      count();
      signal.throwIfAborted();
      sleepUntil(now + ms, signal);
      signal.throwIfAborted();
    },
    deadline(ms) {
      const deadline = new AbortController();
      scheduled.push({ at: now + ms, run: () => deadline.abort(new Error("deadline")) });
      return deadline.signal;
    },
  };
  const record = (call: string, what: unknown): void =>
    void calls.push({ at: now, call, with: what });

  const api = {
    host: "api.example",
    findCvm: async (id: string, signal: AbortSignal) => {
      count();
      signal.throwIfAborted();
      return does.findCvm(id);
    },
    listCvms: async (
      signal: AbortSignal,
      { keep = () => true }: { keep?: (cvm: Cvm) => boolean } = {},
    ) => {
      signal.throwIfAborted();
      return does.listCvms().filter(keep);
    },
    appCompose: async (id: string) => does.appCompose(id),
    operations: async (id: string) => {
      count();
      return does.operations(id);
    },
    serverClock: {
      now: () => does.serverTime(),
      skewMs: () => {
        const server = does.serverTime();
        return server && server.ms - clock.now();
      },
    },
  } as unknown as CloudApi;
  const cli: MutationPorts["cli"] = {
    expectRuns: async () => undefined,
    createCvm: (request, _signal, hooks = {}) => {
      record("create", request);
      return does.create(request, hooks);
    },
    provisionCvm: async () => refusal("nobody provisions here"),
    updateCvm: (request, _signal, hooks = {}) => {
      record("update", request);
      return does.update(request, hooks);
    },
    deleteCvm: async (id) => {
      record("delete", id);
      return does.remove(id);
    },
  };
  const spawntee: Spawntee = {
    health: async () => does.health(),
    capacity: async () => ({ kind: "silent", detail: "nobody answers" }),
    tasks: async () => ({ kind: "silent", detail: "nobody answers" }),
    debugEndpoint: async () => does.debugEndpoint(),
    approveHashes: async (url, hashes, key) => {
      record("push", { url, hashes });
      return does.push(hashes, key);
    },
  };
  const journal = {
    async append(entry: JournalEntry): Promise<void> {
      does.beforeAppend(entry);
      entries.push(entry);
    },
  };
  const cleanup = { signal: () => new AbortController().signal };
  const timeoutMs = 600_000;
  const mutations = new Mutations({
    cli,
    api,
    spawntee,
    journal,
    clock,
    cleanup,
    ledger,
    timeoutMs,
  });
  const context: StepContext = {
    api,
    spawntee,
    mutations,
    journal,
    history: {
      check: async () => undefined,
      append: async (entry) => {
        history.push(entry);
        return { head: `head-${history.length}` };
      },
    },
    clock,
    signal: controller.signal,
    cleanup,
    timeoutMs,
    pollIntervalMs: 5_000,
    strict: false,
    progress: (message) => void told.push(`progress: ${message}`),
    warn: (code, message) => void told.push(`warn ${code}: ${renderHint(message)}`),
    note: (message) => void told.push(`note: ${renderHint(message)}`),
    check: (line) => void checks.push(line),
    detail: (message) => void told.push(`detail: ${message}`),
  };
  return {
    cvms,
    does,
    appComposes,
    operations,
    calls,
    entries,
    history,
    told,
    checks,
    ledger,
    mutations,
    context,
    clock,
    /** Lets something happen at that time, in ms since the beginning. */
    at: (at: number, run: () => void) => void scheduled.push({ at, run }),
    abort: (reason: unknown = new Error("interrupted")) => controller.abort(reason),
    /** What the next run would know. */
    record: (): ClusterRecord =>
      summarizeJournal(
        entries.map((entry): JournalRecord => ({
          v: 2,
          at: "2026-01-01T00:00:00Z",
          run: "run",
          ...entry,
        })),
        "bird",
      ),
    /** Gives a CVM an app-compose, and the hash that it has. */
    run(cvm: Cvm, appCompose: AppCompose): Cvm {
      const running = { ...cvm, composeHash: composeHashOf(appCompose) };
      cvms.splice(cvms.indexOf(cvm), cvms.includes(cvm) ? 1 : 0, running);
      appComposes.set(cvm.vmUuid ?? cvm.name, appCompose);
      return running;
    },
  };
}

/** What a call failed with, as an operator is told it. @throws where it did not fail. */
export async function failureOf(call: Promise<unknown> | (() => unknown)): Promise<unknown> {
  try {
    await (typeof call === "function" ? call() : call);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { kind, code, hint } = error as Error & { kind?: string; code?: string; hint?: string };
    return { kind, code, message: error.message, hint };
  }
  throw new Error("it did not fail");
}
