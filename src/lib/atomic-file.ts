/**
 * Replaces a file atomically: the new one is written next to it, flushed and renamed over it, so the file is complete or
 * untouched. A file that is bind-mounted on its own can't be renamed over (EBUSY); it is written in place, after a backup
 * has reached the disk.
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
  /** For a new file, before the umask; an existing file keeps its mode. Default 0644. */
  readonly mode?: number;
  /** Set on new and existing files alike: 0600 for private ones. */
  readonly forceMode?: number;
  /** Path of a copy of the previous file; required to replace a file that can't be renamed over. */
  readonly backup?: string;
};

/** Where a write goes. */
export type Target = {
  /** Absolute, with all symbolic links resolved. */
  readonly path: string;
  /** Undefined if the file does not exist. */
  readonly existing: ExistingFile | undefined;
};

export type ExistingFile = {
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Number of other hard links: they keep the old text. */
  readonly otherLinks: number;
  /** A mount point: rename(2) over it fails with EBUSY. */
  readonly mounted: boolean;
};

/** The path is a folder, a device or a pipe. */
export class NotAFileError extends Error {}

/**
 * Writes the whole text (UTF-8). A symbolic link stays one; an existing file keeps its mode and owner.
 * @throws NotAFileError, or the system's error; the file is unchanged. Only a file that was written in place may be
 *   damaged: the error then names the backup.
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
    // EPERM: a rename would change the owner; with write permission it can be written in place.
    if (!existing || !isErrno(error, "EBUSY", "EPERM")) throw error;
    if (options.backup === undefined) throw error;
    await writeInPlace(target.path, text, options.backup);
  }
}

/** @throws NotAFileError, or the system's error if a parent folder is missing. */
export async function inspectTarget(file: string): Promise<Target> {
  const target = await resolveLinks(file);
  try {
    const found = await stat(target);
    if (!found.isFile()) throw new NotAFileError(`${file} is not a regular file`);
    const { mode, uid, gid, nlink } = found;
    const mounted = await isMountPoint(target);
    return {
      path: target,
      existing: { mode: mode & 0o7777, uid, gid, otherLinks: nlink - 1, mounted },
    };
  } catch (error) {
    if (isErrno(error, "ENOENT")) return { path: target, existing: undefined };
    throw error;
  }
}

/** Follows symbolic links, also to a file that does not exist yet: a rename would replace the link itself. */
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

/** proc_pid_mountinfo(5): the fifth field, with blanks and backslashes in octal. Without /proc, EBUSY shows it. */
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
  // Private until it has the text and the owner of the file that it replaces.
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

/** @throws EPERM if the file belongs to another user. */
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
      throw new Error(`writing failed halfway; the previous text is in ${backup}`, {
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

/** Resolves once the copy is on disk, with the original's mode and, if permitted, its owner. */
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

/** Makes a new or renamed file in it survive a power cut, on file systems that can open a folder. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  if (!handle) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}
