/** Deleting a CVM and seeing it gone: the temporary runner on every way out, and whatever `destroy` finds. */
import { ClusterError } from "../errors/cluster-error.ts";
import type { Cvm } from "../core/domain.ts";
import type { Lookup } from "../core/ports.ts";
import type { Workbench } from "../workflow/step.ts";
import { notKnownYet, waitUntil } from "../workflow/wait.ts";

const DELETION_LIMIT_MS = 120_000;

/** Which CVM: the one with this uuid where it is known, else the one with exactly this name. */
export type Removal = { readonly name: string; readonly vmUuid?: string | null };

/**
 * Deletes a CVM and returns only when the API says that it is gone.
 * @returns false where there was none.
 * @throws ClusterError `cvm-not-deleted` (platform) or a time-out, with the command to do it by hand.
 */
export async function removeCvm(
  { name, vmUuid }: Removal,
  bench: Workbench,
  signal: AbortSignal,
  progress: (message: string) => void = () => undefined,
): Promise<boolean> {
  let target: Cvm | undefined;
  let refusal = "";
  const found = await waitUntil<Lookup<Cvm>>({
    what: `${name} to be gone`,
    timeoutMs: Math.min(bench.timeoutMs, DELETION_LIMIT_MS),
    intervalMs: Math.min(bench.pollIntervalMs, 1000),
    clock: bench.clock,
    signal,
    hint: byHand(name),
    onLook: progress,
    look: async () => {
      const lookup = await bench.api.findCvm(target?.vmUuid ?? vmUuid ?? name, signal);
      if (lookup.kind === "absent") return { kind: "there", value: lookup };
      if (lookup.kind === "unknown") return notKnownYet(lookup);
      if (isAnothers(lookup.value, bench)) return { kind: "there", value: { kind: "absent" } };
      target ??= lookup.value;
      const outcome = await deleteUnlessUnderWay(lookup.value, bench, signal);
      if (outcome === "asked") {
        const gone = await bench.api.findCvm(target.vmUuid ?? name, signal);
        if (gone.kind === "absent") return { kind: "there", value: gone };
      } else if (outcome !== "under way") {
        refusal = outcome;
      }
      return { kind: "not-yet", seen: refusal === "" ? "still there" : `still there (${refusal})` };
    },
  }).catch((error: unknown) => {
    throw signal.aborted ? notDeleted(name, error) : error;
  });
  return confirmed(name, found, target, bench);
}

async function confirmed(
  name: string,
  found: Lookup<Cvm>,
  target: Cvm | undefined,
  bench: Workbench,
): Promise<boolean> {
  if (found.kind !== "absent") return false;
  if (target === undefined) {
    bench.mutations.ledger.strike(name);
    return false;
  }
  await bench.mutations.confirmGone(target);
  return true;
}

/** Ours is gone and its name was given again, to a run on another machine: that one is not ours to delete. */
function isAnothers(cvm: Cvm, bench: Workbench): boolean {
  const ours = bench.mutations.ledger.appIdOf(cvm.name);
  return ours !== null && cvm.appId !== ours;
}

/** A delete that was asked for shows as an operation or as a status of its own; asking again would only fail. */
async function deleteUnlessUnderWay(cvm: Cvm, bench: Workbench, signal: AbortSignal): Promise<string> {
  if (cvm.status === "deleting") return "under way";
  const outcome = await bench.mutations.deleteCvm(cvm, signal);
  return outcome.kind === "ok" ? "asked" : outcome.message;
}

function notDeleted(name: string, error: unknown): ClusterError {
  return new ClusterError({
    kind: "platform",
    code: "cvm-not-deleted",
    message: `could not see ${name} deleted: ${error instanceof Error ? error.message : String(error)}`,
    hint: byHand(name),
    cause: error,
  });
}

const byHand = (name: string): string =>
  `delete it by hand, it costs money: phala cvms delete ${name} --force`;
