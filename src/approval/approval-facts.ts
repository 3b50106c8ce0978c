/** Gathers the facts for step 8's decision. */
import type { AppCompose } from "../core/compose-hash.ts";
import type { CvmOperation } from "../core/ports.ts";
import { isMadeHere } from "../registry/concurrent-updates.ts";
import { startedSince } from "../registry/restart-evidence.ts";
import { settingsDifference } from "../compose/environment.ts";
import { lastApproval, lastUpdate, openAttempts } from "../state/record.ts";
import { sameList } from "../state/record-fold.ts";
import type { StepContext } from "../workflow/step.ts";
import type { ApproveComposeHashInput } from "./approval.ts";
import type { ApprovalFacts } from "./decide.ts";

type Context = Pick<StepContext, "api" | "spawntee" | "clock" | "signal">;

/** @param updates the registry's updates, newest first; undefined where the platform keeps no list of them. */
export async function gatherApprovalFacts(
  input: ApproveComposeHashInput,
  updates: readonly CvmOperation[] | undefined,
  context: Context,
): Promise<ApprovalFacts> {
  const { record, registry, hashes, via, force, existed, shortens, gatewayKeyPath } = input;
  const last = lastApproval(record, registry.appId);
  const given = lastUpdate(record, registry.appId);
  return {
    hashes,
    via,
    force,
    existed,
    shortens,
    canSign: gatewayKeyPath !== undefined,
    last,
    openAttempts: openAttempts(record, registry.appId),
    settingsGiven: given ? settingsDifference(given.settings, input.settings).length === 0 : null,
    runsThisFile: runsWhatIsSent(input.running, input),
    secretsWithheld: input.secretsWithheld,
    madeHere: isMadeHere(registry, record),
    newest: updates === undefined ? "unlisted" : (updates[0] ?? null),
    restartedSince: last?.via === "api" ? await restartedSince(input, last.at, context) : null,
  };
}

/** What was pushed holds while the instance runs on. */
async function restartedSince(
  { registry }: ApproveComposeHashInput,
  at: string,
  { api, spawntee, clock, signal }: Context,
): Promise<boolean | null> {
  const health = await spawntee.health(registry.url, signal);
  // The server's time, where it is known: this clock may have been set back since.
  return startedSince(health, Date.parse(at), api.serverClock.now()?.ms ?? clock.now());
}

/** Whether a registry with this app-compose runs the compose text and the environment names of an update. */
export function runsWhatIsSent(
  { docker_compose_file: text, allowed_envs: declared = [] }: AppCompose,
  { compose, environment }: Pick<ApproveComposeHashInput, "compose" | "environment">,
): boolean {
  const names = environment.map(({ name }) => name);
  return text === compose.text && sameList(declared, names);
}
