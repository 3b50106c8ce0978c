/** What a run has written down of a cluster, read while it is at work or afterwards. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { coveredFrom, sealLine } from "../../src/state/journal-seal.ts";
import type { JournalRecord } from "../../src/state/journal.ts";
import { appendLine } from "../../src/state/line-file.ts";
import type { World } from "./program.ts";

/** The folder of the world's cluster. */
export async function stateFolder(world: World, cluster = "bird-tracker"): Promise<string> {
  const [host = ""] = await readdir(world.stateDir);
  return path.join(world.stateDir, host, cluster);
}

export async function journalOf(world: World): Promise<readonly JournalRecord[]> {
  const text = await readFile(path.join(await stateFolder(world), "journal.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as JournalRecord);
}

/** A record more, sealed as a run's own. */
export async function appendRecord(folder: string, record: JournalRecord): Promise<void> {
  const seal = (covered: Buffer): string => sealLine(JSON.stringify(record), covered);
  await appendLine(path.join(folder, "journal.jsonl"), seal, coveredFrom);
}

type Intent = Extract<JournalRecord, { type: "intent" }>;

/** The calls that were announced and whose outcome is not written down yet. */
export async function openIntents(world: World): Promise<readonly Intent[]> {
  const records = await journalOf(world);
  const settled = new Set(records.flatMap((r) => (r.type === "outcome" ? [r.intent] : [])));
  return records.filter((r): r is Intent => r.type === "intent" && !settled.has(r.intent));
}
