/** `tee-cluster status --watch`: looks again and again until Ctrl-C. */
import { ClusterError, messageOf } from "../../errors/cluster-error.ts";
import type { CommandDependencies } from "../../session/dependencies.ts";
import type { Preparation } from "../../session/preparation.ts";
import type { StatusResult } from "./result.ts";

/** A look is a few dozen requests; more often would be rude. */
const SHORTEST_MS = 2_000;
const USUAL_MS = 5_000;

/** `--poll-interval` where it was given, within reason. */
export function watchInterval({
  resolution,
  connection,
}: Pick<Preparation, "resolution" | "connection">): number {
  const given = resolution.origins.pollIntervalMs !== "default";
  return given ? Math.max(SHORTEST_MS, connection.pollIntervalMs) : USUAL_MS;
}

/**
 * Shows one look after the other. What fails at first ends it; an API that fails later is waited for, with the
 * last answer and the failure on show.
 *
 * @returns the last answer, once nobody reads.
 * @throws the signal's reason: Ctrl-C is how a watch ends.
 */
export async function watchStatus(
  look: () => Promise<StatusResult>,
  intervalMs: number,
  { answer, clock, signal }: Pick<CommandDependencies, "answer" | "clock" | "signal">,
): Promise<StatusResult> {
  let result = await look();
  let before = "";
  for (;;) {
    const now = essenceOf(result);
    if (!answer(result, now !== before)) return result;
    before = now;
    await clock.sleep(intervalMs, signal);
    result = await pollTimes(look, result);
  }
}

async function pollTimes(
  look: () => Promise<StatusResult>,
  last: StatusResult,
): Promise<StatusResult> {
  try {
    return await look();
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

/** What makes an answer another one: the clock alone does not. */
function essenceOf({ at: _, ...result }: StatusResult): string {
  const passing = new Set(["age_seconds", "uptime_seconds"]);
  return JSON.stringify(result, (key, value: unknown) => (passing.has(key) ? null : value));
}
