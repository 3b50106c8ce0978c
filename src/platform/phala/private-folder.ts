/**
 * The folder that one run of the `phala` CLI gets for itself: its working directory, its HOME, and the place of
 * its environment file. Nobody else can read it, and nothing of it outlives the run.
 */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { processPlace, processStart } from "../../lib/process-alive.ts";

/** Of the names of all these folders: one for each machine and process namespace. */
const FOLDER_PREFIX = `tee-cluster-${placeDigest()}-`;

/** `started` is null where nobody could tell. */
export type FolderOwner = { readonly pid: number; readonly started: string | null };

/** Whose folder it is, by its name; undefined for a folder that is not ours. */
export function ownerOfFolder(name: string): FolderOwner | undefined {
  if (!name.startsWith(FOLDER_PREFIX)) return undefined;
  const [, pid, started = null] = /^(\d+)-(?:(\d+)-)?/.exec(name.slice(FOLDER_PREFIX.length)) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), started };
}

/** Absolute also where TMPDIR is not: the child's working directory is another one. */
export const temporaryDirectory = (): string => path.resolve(tmpdir());

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

function placeDigest(): string {
  return createHash("sha256")
    .update(`${hostname()} ${processPlace().namespace ?? ""}`)
    .digest("hex")
    .slice(0, 8);
}
