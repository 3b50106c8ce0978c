/** Finding out what came of a create whose outcome is not clear, by its ids; "not visible yet" is a state. */
import type { Cvm } from "../core/domain.ts";
import type { Clock, CloudApi, Lookup, Provisioned, Refused, Unclear } from "../core/ports.ts";
import type { CleanupSignals } from "./cleanup.ts";
import { APPEARANCE_MS, findByIdentity } from "./find-cvm.ts";

export type SettleDeps = {
  readonly api: CloudApi;
  readonly clock: Clock;
  readonly cleanup: CleanupSignals;
};

export type Settled =
  | { readonly kind: "made"; readonly cvm: Cvm }
  /** The name belongs to a CVM that this call did not make. */
  | { readonly kind: "taken"; readonly cvm: Cvm }
  /** Nothing was made; `retry`: the platform was busy. */
  | { readonly kind: "not-made"; readonly retry: boolean }
  /** It may still appear. */
  | { readonly kind: "unknown"; readonly reason: string };

const SETTLE_LIMIT_MS = 60_000;
const PAUSE_MS = 1_000;
/** For a CVM that the API says it did not make. */
const REFUSED_MS = 10_000;
/** After an interruption the clean-up goes on looking. */
const INTERRUPTED_MS = 3_000;

/** `tried`: the app_ids that its tries were given, this one's and those that were refused as busy. */
export type Creation = { readonly name: string; readonly tried: readonly string[] };

/** @param signal the run's own: after its abort there is less time. */
export async function settleCreate(
  { name, tried }: Creation,
  outcome: Refused | Unclear,
  deps: SettleDeps,
  signal: AbortSignal,
): Promise<Settled> {
  const settled = await settle(name, outcome, deps, signal);
  const isOwn = settled.kind === "taken" && tried.some((appId) => appId === settled.cvm.appId);
  return isOwn ? { kind: "made", cvm: settled.cvm } : settled;
}

async function settle(
  name: string,
  outcome: Refused | Unclear,
  deps: SettleDeps,
  signal: AbortSignal,
): Promise<Settled> {
  if (outcome.kind === "unclear") return settleUnclear(name, outcome, deps, signal);
  if (outcome.reason !== "name-taken" && outcome.reason !== "busy")
    return { kind: "not-made", retry: false };
  const isBusy = outcome.reason === "busy";
  const found = await lookUntil(name, deps, signal, isBusy ? 0 : APPEARANCE_MS);
  if (found.kind === "present") return { kind: "taken", cvm: found.value };
  return { kind: "not-made", retry: isBusy && found.kind === "absent" };
}

async function settleUnclear(
  name: string,
  { provisioned, conflict }: Unclear,
  deps: SettleDeps,
  signal: AbortSignal,
): Promise<Settled> {
  const own = await lookForOwn(name, provisioned, deps, signal, patienceFor(conflict));
  if (own.kind === "present") return { kind: "made", cvm: own.value };
  if (own.kind === "unknown") return { kind: "unknown", reason: own.reason };
  const invisible = { kind: "unknown", reason: "it is not visible yet, by any id" } as const;
  if (conflict === null && provisioned !== null) return invisible;
  const other = await lookUntil(name, deps, signal, 0);
  if (other.kind === "present") return { kind: "taken", cvm: other.value };
  if (conflict === null || conflict.reason === "name-taken" || other.kind !== "absent")
    return invisible;
  return { kind: "not-made", retry: conflict.reason === "busy" };
}

/** Modules 02 (nodes and sizes) and 04 (workspace and balance): what a create lacked, not what the first one made. */
const OF_MEANS = /^ERR-0[24]-/;

/**
 * How long one is looked for whose creation was refused: longest where the refusal may well be about itself, and not at
 * all where it is tried again, which meets it.
 */
function patienceFor(conflict: Refused | null): number {
  if (conflict?.reason === "busy") return 0;
  if (OF_MEANS.test(conflict?.apiError?.code ?? "")) return REFUSED_MS;
  const isLikelyOurs = ["name-taken", "not-found", undefined].includes(conflict?.reason);
  return isLikelyOurs || conflict?.apiError?.status === 400 ? APPEARANCE_MS : REFUSED_MS;
}

/** By the app_id of our own provisioning: nobody else's CVM has it. */
async function lookForOwn(
  name: string,
  provisioned: Provisioned | null,
  deps: SettleDeps,
  signal: AbortSignal,
  patienceMs: number,
): Promise<Lookup<Cvm>> {
  if (provisioned === null) return { kind: "absent" };
  const identity = { name, appId: provisioned.appId, vmUuid: null };
  return poll(deps, signal, patienceMs, (limit, list) =>
    findByIdentity(identity, deps.api, limit, { list }),
  );
}

/** Any CVM of that name. */
function lookUntil(
  name: string,
  deps: SettleDeps,
  signal: AbortSignal,
  patienceMs: number,
): Promise<Lookup<Cvm>> {
  const identity = { name, appId: null, vmUuid: null };
  return poll(deps, signal, patienceMs, (limit, list) =>
    findByIdentity(identity, deps.api, limit, { list }),
  );
}

/** Until it is there, or was absent (or not to be known) for long enough; the list is asked at the end. */
async function poll(
  { clock, cleanup }: SettleDeps,
  run: AbortSignal,
  patienceMs: number,
  look: (signal: AbortSignal, list: boolean) => Promise<Lookup<Cvm>>,
): Promise<Lookup<Cvm>> {
  const signal = cleanup.signal(SETTLE_LIMIT_MS);
  const started = clock.monotonic();
  for (;;) {
    const patience = run.aborted ? Math.min(patienceMs, INTERRUPTED_MS) : patienceMs;
    const isLast = clock.monotonic() - started >= patience;
    const found = await look(signal, isLast);
    if (found.kind === "present" || (isLast && found.kind === "absent") || signal.aborted)
      return found;
    // Not to be known: a few more looks, where there was no patience at all.
    if (isLast && clock.monotonic() - started >= Math.max(patience, 4 * PAUSE_MS)) return found;
    await clock.sleep(PAUSE_MS, signal).catch(() => undefined);
  }
}
