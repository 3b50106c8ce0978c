/** Finding out what came of a create whose outcome is not clear, by its ids; "not visible yet" is a state. */
import type { Cvm } from "../core/domain.ts";
import type { CvmIdentity, Lookup, Refused, Unclear } from "../core/ports.ts";
import { APPEARANCE_MS, findByIdentity } from "./find-cvm.ts";
import type { StepDeps } from "./step.ts";

type SettleDeps = Pick<StepDeps, "api" | "clock" | "cleanup">;

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

/** @param run the run's own signal: after its abort there is less time. */
export async function settleCreate(
  { name, tried }: Creation,
  outcome: Refused | Unclear,
  deps: SettleDeps,
  run: AbortSignal,
): Promise<Settled> {
  const find = (appId: string | null, patienceMs: number): Promise<Lookup<Cvm>> =>
    findPatiently({ name, appId, vmUuid: null }, patienceMs, deps, run);
  const settled = await (outcome.kind === "unclear"
    ? settleUnclear(outcome, find)
    : settleRefused(outcome, find));
  const isOwn = settled.kind === "taken" && tried.some((appId) => appId === settled.cvm.appId);
  return isOwn ? { kind: "made", cvm: settled.cvm } : settled;
}

/** Looks for the CVM with an app_id; null: for any of that name. */
type Find = (appId: string | null, patienceMs: number) => Promise<Lookup<Cvm>>;

async function settleRefused({ reason }: Refused, find: Find): Promise<Settled> {
  if (reason !== "name-taken" && reason !== "busy") return { kind: "not-made", retry: false };
  const isBusy = reason === "busy";
  const found = await find(null, isBusy ? 0 : APPEARANCE_MS);
  if (found.kind === "present") return { kind: "taken", cvm: found.value };
  return { kind: "not-made", retry: isBusy && found.kind === "absent" };
}

async function settleUnclear({ provisioned, conflict }: Unclear, find: Find): Promise<Settled> {
  // Nobody else's CVM has the app_id of our own provisioning.
  const own = provisioned
    ? await find(provisioned.appId, patienceFor(conflict))
    : ({ kind: "absent" } as const);
  if (own.kind === "present") return { kind: "made", cvm: own.value };
  if (own.kind === "unknown") return { kind: "unknown", reason: own.reason };
  const invisible = { kind: "unknown", reason: "it is not visible yet, by any id" } as const;
  if (conflict === null && provisioned !== null) return invisible;
  const other = await find(null, 0);
  if (other.kind === "present") return { kind: "taken", cvm: other.value };
  if (conflict === null || conflict.reason === "name-taken" || other.kind !== "absent")
    return invisible;
  return { kind: "not-made", retry: conflict.reason === "busy" };
}

/** Modules 02 (nodes and sizes) and 04 (workspace and balance): what a create lacked, not what the first one made. */
const OF_MEANS = /^ERR-0[24]-/;

/**
 * How long to look for a CVM whose creation was refused: longest if the refusal may well be about that CVM itself, and
 * not at all if the creation is tried again, which then finds it.
 */
function patienceFor(conflict: Refused | null): number {
  if (conflict?.reason === "busy") return 0;
  if (OF_MEANS.test(conflict?.apiError?.code ?? "")) return REFUSED_MS;
  const isLikelyOurs = ["name-taken", "not-found", undefined].includes(conflict?.reason);
  return isLikelyOurs || conflict?.apiError?.status === 400 ? APPEARANCE_MS : REFUSED_MS;
}

/** Until it is there, or was absent (or unknown) for long enough; the last look asks the list too. */
async function findPatiently(
  identity: CvmIdentity,
  patienceMs: number,
  { api, clock, cleanup }: SettleDeps,
  run: AbortSignal,
): Promise<Lookup<Cvm>> {
  const signal = cleanup.signal(SETTLE_LIMIT_MS);
  const started = clock.monotonic();
  for (;;) {
    const patience = run.aborted ? Math.min(patienceMs, INTERRUPTED_MS) : patienceMs;
    const isLast = clock.monotonic() - started >= patience;
    const found = await findByIdentity(identity, api, signal, { list: isLast });
    if (found.kind === "present" || (isLast && found.kind === "absent") || signal.aborted)
      return found;
    // Unknown: a few more looks even without any patience.
    if (isLast && clock.monotonic() - started >= Math.max(patience, 4 * PAUSE_MS)) return found;
    await clock.sleep(PAUSE_MS, signal).catch(() => undefined);
  }
}
