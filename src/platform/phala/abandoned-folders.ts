/** What runs left that were killed outright (`kill -9`, a power cut): their private folders, and a `phala` in them. */
import { lstat, readdir, readFile, readlink, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { isProcessAlive } from "../../lib/process-alive.ts";
import { FOLDER_PREFIX } from "./private-folder.ts";

/**
 * Ends each `phala` whose run is gone, and removes its folder: an environment file holds secrets, and a request that
 * comes late would undo what this run is about to do.
 *
 * Only folders of ours whose process is gone; the name says which process, in which process namespace, because a
 * container that shares the temporary directory has pids of its own.
 */
export async function clearAbandonedFolders(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  const abandoned = names.filter((name) => {
    const pid = name.startsWith(FOLDER_PREFIX)
      ? Number.parseInt(name.slice(FOLDER_PREFIX.length), 10)
      : Number.NaN;
    return !Number.isNaN(pid) && !isProcessAlive(pid);
  });
  const ours = await Promise.all(abandoned.map((name) => ourFolder(path.join(tmpdir(), name))));
  const folders = ours.flatMap((folder) => folder ?? []);
  if (folders.length === 0) return;
  await endProcessesIn(folders);
  // Another run of ours may be quicker.
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true }).catch(() => undefined)));
}

/** Its real path. Anybody may put a link of that name into a shared temporary directory. */
async function ourFolder(folder: string): Promise<string | undefined> {
  try {
    const stats = await lstat(folder);
    return stats.isDirectory() && stats.uid === process.getuid?.() ? await realpath(folder) : undefined;
  } catch {
    return undefined;
  }
}

/** Where there is no /proc they end by themselves, after a minute at most. */
async function endProcessesIn(folders: readonly string[]): Promise<void> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    pids.map(async (pid) => {
      const folder = await readlink(`/proc/${pid}/cwd`).catch(() => "");
      if (folders.includes(folder) && (await isPhala(pid))) endProcess(Number(pid));
    }),
  );
}

/** Nobody else has a reason to be in there; but nobody else shall be ended for it. */
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
