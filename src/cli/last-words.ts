/** What a run that was stopped says: at once, and at its end, the truth about what exists. */
import { command, type CommandHint } from "../core/command-hint.ts";
import { clusterOf } from "../core/domain.ts";
import type { ClusterError } from "../errors/cluster-error.ts";
import { renderPrice } from "../runners/price.ts";
import type { LeftBehind } from "../core/results.ts";

type Made = {
  readonly touched: boolean;
  readonly approving: boolean;
  leftBehind(): readonly LeftBehind[];
  metBefore(): readonly { readonly name: string; readonly usdPerHour: number | undefined }[];
};

const TEMPORARY = /-runner-temp$/;

/** The first words after a stop was requested. `byKey`: Ctrl-C, and the next one leaves without clean-up. */
export function acknowledgement(made: Made, byKey: boolean): string {
  const runners = made.leftBehind().filter(({ name }) => TEMPORARY.test(name));
  const what =
    runners.length > 0
      ? `stopping: deleting ${runners.map(({ name }) => name).join(", ")}`
      : "stopping";
  return byKey ? `${what}; press Ctrl-C again to leave without clean-up` : what;
}

/** What an untouched cloud means, by command. */
const UNTOUCHED: Readonly<Record<string, string>> = {
  init: "nothing was created",
  destroy: "nothing was deleted",
};

/** The message of a run that was cancelled, interrupted or terminated. */
export function messageAtTheEnd(
  commandName: string,
  { code, message }: ClusterError,
  made: Made,
): string {
  if (!["cancelled", "interrupted", "terminated"].includes(code)) return message;
  if (!made.touched)
    return `${message}: ${UNTOUCHED[commandName] ?? "nothing was created or changed"}`;
  const approval = APPROVING.has(commandName)
    ? [made.approving ? "the new list may be approved already" : "nothing was approved"]
    : [];
  const before = made.metBefore().map(({ name, usdPerHour: usd }) => {
    const price = usd === undefined ? "" : `, for ${renderPrice(usd)}`;
    return `${name} exists as before${price}`;
  });
  return `${message}: ${[...approval, describeLeft(made.leftBehind()), ...before].join("; ")}`;
}

const APPROVING: ReadonlySet<string> = new Set(["init", "rotate-hash"]);

/** `may exist` only of what nobody could find out. */
function describeLeft(left: readonly LeftBehind[]): string {
  const namesOf = (unsure: boolean): string =>
    left
      .filter(({ may_exist: mayExist = false }) => mayExist === unsure)
      .map(({ name }) => name)
      .join(", ");
  const [there, unsure] = [namesOf(false), namesOf(true)];
  const parts = [there && `left behind: ${there}`, unsure && `may exist: ${unsure}`];
  return parts.filter(Boolean).join("; ") || "nothing that this run created is left";
}

/**
 * What deletes what is left behind, and nothing that was there before.
 * @param own the run's cluster: `destroy` finds by its app_id what was renamed, unless it is named for another one.
 */
export function cleanUpCommand(
  left: readonly LeftBehind[],
  own: string | undefined,
): CommandHint | undefined {
  const named = new Set(left.map(({ name }) => clusterOf(name) ?? own));
  const [cluster, ...others] = named;
  const isOwn = own === undefined || cluster === own;
  if (cluster === undefined || others.length > 0 || !isOwn) return undefined;
  const only = left.every(({ name }) => TEMPORARY.test(name)) ? ["--temporary-runner"] : [];
  return command("destroy", "--cluster-name", cluster, ...only);
}
