/**
 * The one way in which this program replaces a file: written beside its target, flushed, and renamed over it, so that
 * it is complete or untouched. A single file that is mounted into a container can't be renamed over (EBUSY); it is
 * written in place, after a copy of it has reached the disk.
 */
import { isErrno } from "./errno.ts";
import { randomBytes } from "node:crypto";
import {
  copyFile,
  open,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  type FileHandle,
} from "node:fs/promises";
import path from "node:path";

const MAX_LINKS = 40;

export type AtomicWriteOptions = {
  /** Of a new file, less the umask; an existing one keeps its own. Default 0644. */
  readonly mode?: number;
  /** Permission bits that a file gets in any case, whatever it had: 0600 for what must stay private. */
  readonly forceMode?: number;
  /** Where the text from before is kept; needed to replace a file that can't be renamed over. */
  readonly backup?: string;
};

/** What is in the target's place. */
export type Target = {
  /** Absolute, behind every symbolic link. */
  readonly path: string;
  /** Undefined: nothing is there yet. */
  readonly existing: ExistingFile | undefined;
};

export type ExistingFile = {
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Names of this file besides this one: they keep the old text. */
  readonly otherNames: number;
  /** A mount point: rename(2) over it fails with EBUSY. */
  readonly mounted: boolean;
};

/** A folder, device or pipe is where a file must be. */
export class NotAFileError extends Error {}

/**
 * Writes the whole text (UTF-8). A symbolic link stays one; an existing file keeps its mode and owner.
 * @throws NotAFileError, or the system's error; whatever was there is as it was. A file written in place that could
 *   not be restored is the exception: the error then names the copy.
 */
export async function writeAtomically(
  file: string,
  text: string,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const target = await inspectTarget(file);
  const { existing } = target;
  if (existing && options.backup !== undefined)
    await keepCopy(target.path, options.backup, existing);
  if (existing?.mounted) return writeInPlace(target.path, text, options.backup);
  try {
    await renameOver(target, text, options);
  } catch (error) {
    // EPERM: the file is another user's and would not be after a rename; who may write to it can still do that.
    if (!existing || !isErrno(error, "EBUSY", "EPERM")) throw error;
    if (options.backup === undefined) throw error;
    await writeInPlace(target.path, text, options.backup);
  }
}

/** @throws NotAFileError, or the system's error where a folder on the way is missing. */
export async function inspectTarget(file: string): Promise<Target> {
  const target = await resolveLinks(file);
  try {
    const found = await stat(target);
    if (!found.isFile()) throw new NotAFileError(`${file} is not a regular file`);
    const { mode, uid, gid, nlink } = found;
    const mounted = await isMountPoint(target);
    return {
      path: target,
      existing: { mode: mode & 0o7777, uid, gid, otherNames: nlink - 1, mounted },
    };
  } catch (error) {
    if (isErrno(error, "ENOENT")) return { path: target, existing: undefined };
    throw error;
  }
}

/** Where a chain of symbolic links ends, also where nothing is there yet: renaming over a link would end it. */
async function resolveLinks(file: string): Promise<string> {
  let at = path.resolve(file);
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const folder = await realpath(path.dirname(at));
    at = path.join(folder, path.basename(at));
    const link = await readlink(at).catch(() => undefined);
    if (link === undefined) return at;
    at = path.resolve(folder, link);
  }
  throw new Error("too many symbolic links");
}

/** proc_pid_mountinfo(5): the fifth field, with blanks and backslashes as octal. Elsewhere EBUSY itself tells. */
async function isMountPoint(target: string): Promise<boolean> {
  const table = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  return table.split("\n").some((line) => withoutOctal(line.split(" ")[4] ?? "") === target);
}

const withoutOctal = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );

async function renameOver(
  target: Target,
  text: string,
  options: AtomicWriteOptions,
): Promise<void> {
  const folder = path.dirname(target.path);
  const name = `.${path.basename(target.path).slice(0, 200)}.${randomBytes(6).toString("hex")}`;
  const temporary = path.join(folder, name);
  try {
    await writeNew(temporary, text, target.existing, options);
    await rename(temporary, target.path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function writeNew(
  temporary: string,
  text: string,
  existing: ExistingFile | undefined,
  { mode = 0o644, forceMode }: AtomicWriteOptions,
): Promise<void> {
  // Private until the text is in it and the mode of the file it replaces is known to fit.
  const handle = await open(temporary, "wx", forceMode ?? (existing ? 0o600 : mode));
  try {
    await handle.writeFile(text);
    if (existing) await keepOwner(handle, existing);
    if (forceMode === undefined && existing) await handle.chmod(existing.mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @throws EPERM where the file is another user's: this one can't give it back to them. */
async function keepOwner(handle: FileHandle, { uid, gid }: ExistingFile): Promise<void> {
  const own = await handle.stat();
  if (own.uid !== uid || own.gid !== gid) await handle.chown(uid, gid);
}

async function writeInPlace(
  target: string,
  text: string,
  backup: string | undefined,
): Promise<void> {
  if (backup === undefined) throw new Error(`${target} is a mount point and can't be replaced`);
  try {
    await overwrite(target, Buffer.from(text));
  } catch (error) {
    await overwrite(target, await readFile(backup)).catch(() => {
      throw new Error(`writing failed half-way; the text from before is in ${backup}`, {
        cause: error,
      });
    });
    throw error;
  }
}

async function overwrite(target: string, bytes: Buffer): Promise<void> {
  const handle = await open(target, "r+");
  try {
    await handle.writeFile(bytes);
    await handle.truncate(bytes.length);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** On disk when it resolves, with the original's mode and, where this user may set it, owner. */
async function keepCopy(original: string, copy: string, existing: ExistingFile): Promise<void> {
  const temporary = `${copy}.${randomBytes(6).toString("hex")}`;
  try {
    await copyFile(original, temporary);
    const handle = await open(temporary, "r+");
    try {
      await keepOwner(handle, existing).catch(() => undefined);
      await handle.chmod(existing.mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, copy);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Makes the rename last through a power cut, where the file system lets a folder be opened. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  if (!handle) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}
