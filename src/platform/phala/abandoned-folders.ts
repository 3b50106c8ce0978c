/** Cleans up after runs that were killed (`kill -9`, a power cut): their private folders, and `phala` processes in them. */
import { lstat, readdir, readFile, readlink, realpath, rm } from "node:fs/promises";
import path from "node:path";
import { isProcessAlive, processStart } from "../../lib/process-alive.ts";
import { ownerOfFolder, temporaryDirectory, type FolderOwner } from "./private-folder.ts";

/** A run of the CLI takes at most two minutes. */
const MAX_AGE_MS = 60 * 60_000;

/**
 * Ends each `phala` whose run has ended, and removes its folder, whose environment file contains secrets. Such a `phala`
 * can't change anything: its gate ended with the run.
 *
 * Only folders of this user whose process has ended. The name has the process namespace, because a container that shares
 * the temporary directory has its own pids, and the start time, because pids are reused.
 */
export async function clearAbandonedFolders(): Promise<void> {
  const directory = temporaryDirectory();
  const names = await readdir(directory).catch(() => []);
  const ours = await Promise.all(names.map((name) => abandonedFolder(directory, name)));
  const folders = ours.flatMap((folder) => folder ?? []);
  if (folders.length === 0) return;
  await endProcessesIn(folders);
  // Another run may remove them first.
  await Promise.all(
    folders.map((folder) => rm(folder, { recursive: true }).catch(() => undefined)),
  );
}

/** Its real path, if its process has ended. Anyone may create a link with such a name in a shared temporary directory. */
async function abandonedFolder(directory: string, name: string): Promise<string | undefined> {
  const owner = ownerOfFolder(name);
  const state = owner === undefined ? "running" : stateOf(owner);
  if (state === "running") return undefined;
  try {
    const folder = path.join(directory, name);
    const stats = await lstat(folder);
    if (!stats.isDirectory() || stats.uid !== process.getuid?.()) return undefined;
    if (state === "unknown" && Date.now() - stats.mtimeMs < MAX_AGE_MS) return undefined;
    return await realpath(folder);
  } catch {
    return undefined;
  }
}

/** Without /proc, they end by themselves within a minute. */
async function endProcessesIn(folders: readonly string[]): Promise<void> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    pids.map(async (pid) => {
      const folder = await readlink(`/proc/${pid}/cwd`).catch(() => "");
      if (folders.includes(folder) && (await isPhala(pid))) endProcess(Number(pid));
    }),
  );
}

/** No other process should use the folder; if one does, it must not be killed. */
async function isPhala(pid: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  return environment.split("\0").some((variable) => variable.startsWith("PHALA_CLOUD_API_PREFIX="));
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

/** Unknown: a process has that pid, but it may be another one. */
function stateOf({ pid, started }: FolderOwner): "running" | "gone" | "unknown" {
  if (!isProcessAlive(pid, started)) return "gone";
  return started === null || processStart(pid) === null ? "unknown" : "running";
}
