/** Before a failed run reports what it leaves behind, CVMs that were deleted meanwhile are dropped from the ledger. */
import type { StepDeps } from "./step.ts";
import { APPEARANCE_MS, findByIdentity } from "./find-cvm.ts";

const LIMIT_MS = 5_000;

type Deps = Pick<StepDeps, "api" | "clock" | "cleanup" | "mutations">;

/**
 * Looks up each CVM in the ledger once, by every id and in the list. One that is in no answer is gone if it was seen
 * before or had time to become visible; otherwise it may exist. Never throws.
 */
export async function forgetGone({ api, clock, cleanup, mutations }: Deps): Promise<void> {
  const { ledger } = mutations;
  const signal = cleanup.signal(LIMIT_MS);
  for (const entry of ledger.entries) {
    if (!entry.certain) continue;
    const found = await findByIdentity(entry, api, signal, { list: true });
    if (found.kind !== "absent") continue;
    const { madeAt } = entry;
    if (madeAt === null || clock.monotonic() - madeAt >= APPEARANCE_MS) ledger.remove(entry);
    else ledger.add(entry, { certain: false, at: madeAt });
  }
}
