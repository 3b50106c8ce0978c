/** Deleting a CVM and seeing it gone: the temporary runner on every way out, and whatever `destroy` finds. */
import { ClusterError } from "../errors/cluster-error.ts";
import type { Cvm } from "../core/domain.ts";
import type { Lookup } from "../core/ports.ts";
import type { StepDeps } from "../workflow/step.ts";
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
  deps: StepDeps,
  signal: AbortSignal,
  progress: (message: string) => void = () => undefined,
): Promise<boolean> {
  let target: Cvm | undefined;
  let refusal = "";
  const found = await waitUntil<Lookup<Cvm>>({
    what: `${name} to be gone`,
    timeoutMs: Math.min(deps.timeoutMs, DELETION_LIMIT_MS),
    intervalMs: Math.min(deps.pollIntervalMs, 1000),
    clock: deps.clock,
    signal,
    hint: byHand(name),
    onPoll: progress,
    look: async () => {
      const lookup = await deps.api.findCvm(target?.vmUuid ?? vmUuid ?? name, signal);
      if (lookup.kind === "absent") return { kind: "there", value: lookup };
      if (lookup.kind === "unknown") return notKnownYet(lookup);
      if (isAnothers(lookup.value, deps)) return { kind: "there", value: { kind: "absent" } };
      target ??= lookup.value;
      const outcome = await deleteUnlessUnderWay(lookup.value, deps, signal);
      if (outcome === "asked") {
        const gone = await deps.api.findCvm(target.vmUuid ?? name, signal);
        if (gone.kind === "absent") return { kind: "there", value: gone };
      } else if (outcome !== "under way") {
        refusal = outcome;
      }
      return { kind: "not-yet", seen: refusal === "" ? "still there" : `still there (${refusal})` };
    },
  }).catch((error: unknown) => {
    throw signal.aborted ? notDeleted(name, error) : error;
  });
  return confirmed(name, found, target, deps);
}

async function confirmed(
  name: string,
  found: Lookup<Cvm>,
  target: Cvm | undefined,
  deps: StepDeps,
): Promise<boolean> {
  if (found.kind !== "absent") return false;
  if (target === undefined) {
    deps.mutations.ledger.strike(name);
    return false;
  }
  await deps.mutations.confirmGone(target);
  return true;
}

/** Ours is gone and its name was given again, to a run on another machine: that one is not ours to delete. */
function isAnothers(cvm: Cvm, deps: StepDeps): boolean {
  const ours = deps.mutations.ledger.appIdOf(cvm.name);
  return ours !== null && cvm.appId !== ours;
}

/** A delete that was asked for shows as an operation or as a status of its own; asking again would only fail. */
async function deleteUnlessUnderWay(cvm: Cvm, deps: StepDeps, signal: AbortSignal): Promise<string> {
  if (cvm.status === "deleting") return "under way";
  const outcome = await deps.mutations.deleteCvm(cvm, signal);
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
