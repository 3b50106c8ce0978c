/**
 * The folder that one run of the `phala` CLI gets for itself: its working directory, its HOME, and the place of
 * its environment file. Nobody else can read it, and nothing of it outlives the run.
 */
import { createHash } from "node:crypto";
import { readlinkSync, rmSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";

export type PrivateFolder = {
  readonly path: string;
  /** An empty folder within it. */
  readonly home: string;
  /** Never throws: what can't be removed now goes with the process, or with a later run. */
  remove(): Promise<void>;
};

/**
 * Made 0700 by mkdtemp. It goes with `remove()`, or with the process should it leave before that.
 * @throws the system's error where the temporary directory takes nothing.
 */
export async function makePrivateFolder(): Promise<PrivateFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), `${prefix()}${process.pid}-`));
  const onExit = (): void => removeAtExit(folder);
  process.once("exit", onExit);
  const home = path.join(folder, "home");
  await mkdir(home, { mode: 0o700 });
  return {
    path: folder,
    home,
    async remove() {
      try {
        await rm(folder, { recursive: true, force: true });
        process.removeListener("exit", onExit);
      } catch {
        // A disk that turned read-only. The folder is private, and swept when it can be.
      }
    },
  };
}

function removeAtExit(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // As above; a throw on the way out would end in a stack trace.
  }
}

/**
 * Removes what runs left that were killed outright (`kill -9`, a power cut): an environment file holds secrets.
 * Only folders of ours whose process is gone; the name says which process, in which process namespace, because a
 * container that shares the temporary directory has pids of its own.
 */
export async function removeAbandonedFolders(): Promise<void> {
  const start = prefix();
  const names = await readdir(tmpdir()).catch(() => []);
  const abandoned = names.filter((name) => {
    const pid = name.startsWith(start) ? Number.parseInt(name.slice(start.length), 10) : Number.NaN;
    return !Number.isNaN(pid) && !isAlive(pid);
  });
  await Promise.all(abandoned.map((name) => removeOurs(path.join(tmpdir(), name))));
}

async function removeOurs(folder: string): Promise<void> {
  try {
    // Anybody may put a link of that name into a shared temporary directory.
    const stats = await lstat(folder);
    if (stats.isDirectory() && stats.uid === process.getuid?.()) await rm(folder, { recursive: true });
  } catch {
    // Another run of ours was quicker.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

function prefix(): string {
  const here = createHash("sha256").update(`${hostname()} ${processNamespace()}`).digest("hex");
  return `tee-cluster-${here.slice(0, 8)}-`;
}

function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
