/**
 * The private folder of one run of the `phala` CLI: its working directory, with its HOME and environment file. It is
 * removed after the run.
 */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { processPlace, processStart } from "../../lib/process-alive.ts";

/** The prefix of all these folders, which differs between machines and process namespaces. */
const FOLDER_PREFIX = `tee-cluster-${placeDigest()}-`;

/** `started` is null if it is not known. */
export type FolderOwner = { readonly pid: number; readonly started: string | null };

/** The owner, from the folder's name; undefined for other folders. */
export function ownerOfFolder(name: string): FolderOwner | undefined {
  if (!name.startsWith(FOLDER_PREFIX)) return undefined;
  const [, pid, started = null] = /^(\d+)-(?:(\d+)-)?/.exec(name.slice(FOLDER_PREFIX.length)) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), started };
}

/** Absolute even if TMPDIR is not: the child has another working directory. */
export const temporaryDirectory = (): string => path.resolve(tmpdir());

export type PrivateFolder = {
  readonly path: string;
  /** An empty folder within it. */
  readonly home: string;
  /** Never throws: if it fails, the folder is removed when the process ends, or by a later run. */
  remove(): Promise<void>;
};

/**
 * Created 0700 by mkdtemp. Removed by `remove()`, or when the process exits.
 * @throws the system's error if the temporary directory is not writable.
 */
export async function makePrivateFolder(): Promise<PrivateFolder> {
  const started = processStart(process.pid);
  const owner = started === null ? `${process.pid}-` : `${process.pid}-${started}-`;
  const folder = await mkdtemp(path.join(temporaryDirectory(), `${FOLDER_PREFIX}${owner}`));
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
        // For example a disk that became read-only. The folder is private, and removed later.
      }
    },
  };
}

function removeAtExit(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // As above; an exception in an exit handler would print a stack trace.
  }
}

function placeDigest(): string {
  return createHash("sha256")
    .update(`${hostname()} ${processPlace().namespace ?? ""}`)
    .digest("hex")
    .slice(0, 8);
}
