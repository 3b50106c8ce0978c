/** How often a command is going to run `phala`: told as soon as it is known, so that one is loaded by then. */
import type { HashFrom } from "../../core/settings.ts";
import { isHashRecorded, type ClusterFacts } from "../../session/facts.ts";

/** Meanwhile the checks go on. A wrong count costs time and nothing else. */
export async function expectRuns(
  { cli }: ClusterFacts,
  count: () => Promise<number>,
): Promise<void> {
  try {
    await cli.expectRuns(await count());
  } catch {
    // What can't be read is told by the checks.
  }
}

/** Provisioning a runner; or deploying the temporary one, and deleting it. None where the hash is recorded. */
export async function runsForHash(facts: ClusterFacts, hashFrom: HashFrom): Promise<number> {
  if (await isHashRecorded(facts)) return 0;
  return hashFrom === "provision" ? 1 : 2;
}
