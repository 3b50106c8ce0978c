/** `tee-cluster status --watch`: repeats until Ctrl-C. */
import { ClusterError, messageOf } from "../../errors/cluster-error.ts";
import type { CommandDependencies } from "../../session/dependencies.ts";
import type { Preparation } from "../../session/preparation.ts";
import type { StatusResult } from "./result.ts";

/** One status takes a few dozen requests. */
const MIN_INTERVAL_MS = 2_000;
const DEFAULT_INTERVAL_MS = 5_000;

/** `--poll-interval` where it was given, within reason. */
export function watchInterval({
  resolution,
  connection,
}: Pick<Preparation, "resolution" | "connection">): number {
  const given = resolution.origins.pollIntervalMs !== "default";
  return given ? Math.max(MIN_INTERVAL_MS, connection.pollIntervalMs) : DEFAULT_INTERVAL_MS;
}

/**
 * Shows one status after the other. A failure of the first one ends it; an API that fails later is waited for, with
 * the last status and the failure shown.
 *
 * @returns the last status, once the output is closed.
 * @throws the signal's reason: Ctrl-C is how a watch ends.
 */
export async function watchStatus(
  read: () => Promise<StatusResult>,
  intervalMs: number,
  { update, clock, signal }: Pick<CommandDependencies, "update" | "clock" | "signal">,
): Promise<StatusResult> {
  let result = await read();
  let before = "";
  for (;;) {
    const now = essenceOf(result);
    if (!update(result, now !== before)) return result;
    before = now;
    await clock.sleep(intervalMs, signal);
    result = await readAgain(read, result);
  }
}

async function readAgain(
  read: () => Promise<StatusResult>,
  last: StatusResult,
): Promise<StatusResult> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ClusterError) || error.kind !== "platform") throw error;
    const findings = last.findings.filter(({ code }) => code !== FAILED);
    const message = `this is the state at ${last.at}; since then: ${messageOf(error)}`;
    return {
      ...last,
      findings: [
        { code: FAILED, severity: "warning", message, remedy: null, cvm: null },
        ...findings,
      ],
    };
  }
}

const FAILED = "look-failed";

/** What makes a status a new one: the clock alone does not. */
function essenceOf({ at: _, ...result }: StatusResult): string {
  const passing = new Set(["age_seconds", "uptime_seconds"]);
  return JSON.stringify(result, (key, value: unknown) => (passing.has(key) ? null : value));
}
