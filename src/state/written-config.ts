/** The digest of the orchestrator.yml that a run of this machine wrote last for a cluster: it shows later edits. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { sha256Hex } from "../core/compose-hash.ts";
import { prepareStateDirectory, replaceStateFile, type StateDirectory } from "./state-directory.ts";

const fileOf = (directory: StateDirectory): string =>
  path.join(directory.path, "orchestrator-config.sha256");

/** @throws ClusterError `state-unwritable` (prerequisite). */
export async function rememberWritten(directory: StateDirectory, text: string): Promise<void> {
  await prepareStateDirectory(directory);
  await replaceStateFile(fileOf(directory), `${sha256Hex(text)}\n`);
}

/** Whether the text is what a run wrote, unchanged. */
export async function isAsWritten(directory: StateDirectory, text: string): Promise<boolean> {
  const recorded = await readFile(fileOf(directory), "utf8").catch(() => "");
  return recorded.trim() === sha256Hex(text);
}
