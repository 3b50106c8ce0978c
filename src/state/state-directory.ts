/**
 * Where this tool keeps what it remembers of a cluster: one private folder for each, see cluster-folder.ts for which.
 * The state is a hint, the cloud is the truth; see docs/state.md.
 */
import { chmod, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { writeAtomically } from "../lib/atomic-file.ts";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import { makeFolder } from "../lib/make-folder.ts";

/** A new file, on disk (fsync) when the write resolves. */
const PRIVATE_AND_ON_DISK = { flag: "wx", mode: 0o600, flush: true } as const;

export type StateDirectory = {
  /** Absolute. */
  readonly path: string;
  readonly journal: string;
  /** What a long journal adds up to. */
  readonly checkpoint: string;
  readonly lock: string;
  readonly history: string;
  /** Recorded app-composes, one file per compose hash. */
  readonly appComposes: string;
  /** What the registry ran before each update, likewise. */
  readonly registryComposes: string;
};

/** Host names hold colons (`127.0.0.1:8080`), which some file systems refuse. */
export const fileNameOf = (text: string): string => text.replaceAll(/[^A-Za-z0-9._-]/g, "_");

/** The paths; nothing is created. */
export function stateDirectoryOf(
  stateDir: string,
  apiHost: string,
  cluster: string,
): StateDirectory {
  const folder = path.join(stateDir, fileNameOf(apiHost), fileNameOf(cluster));
  return {
    path: folder,
    journal: path.join(folder, "journal.jsonl"),
    checkpoint: path.join(folder, "journal-checkpoint.json"),
    lock: path.join(folder, "lock.json"),
    history: path.join(folder, "history.jsonl"),
    appComposes: path.join(folder, "app-composes"),
    registryComposes: path.join(folder, "registry-composes"),
  };
}

/**
 * Makes the folder (0700) and proves that it can be written to.
 * @throws ClusterError `state-unwritable` (prerequisite): without a record no CVM must be made.
 */
export async function prepareStateDirectory(directory: StateDirectory): Promise<void> {
  const probe = path.join(directory.path, `.probe-${randomBytes(4).toString("hex")}`);
  try {
    makeFolder(directory.path, 0o700);
    await chmod(directory.path, 0o700);
    await writeFile(probe, "probe\n", PRIVATE_AND_ON_DISK);
  } catch (error) {
    throw unwritable(directory.path, error);
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

/** Writes a whole file, 0600: complete or untouched. @throws ClusterError `state-unwritable` (prerequisite). */
export async function replaceStateFile(file: string, text: string): Promise<void> {
  try {
    makeFolder(path.dirname(file), 0o700);
    await writeAtomically(file, text, { mode: 0o600, forceMode: 0o600 });
  } catch (error) {
    throw unwritable(file, error);
  }
}

export function unwritable(file: string, error: unknown): ClusterError {
  return new ClusterError("prerequisite", "state-unwritable", {
    message: `can't write to the state directory: ${messageOf(error)}`,
    hint: `make ${path.dirname(file)} writable, free some space, or choose another folder with --state-dir`,
    cause: error,
  });
}

export function unreadable(file: string, error: unknown): ClusterError {
  return new ClusterError("prerequisite", "state-unreadable", {
    message: `can't read the state directory: ${messageOf(error)}`,
    hint: `make ${file} readable, or name another folder with --state-dir`,
    cause: error,
  });
}

export function tooNew(file: string, version: number, known: number): ClusterError {
  return new ClusterError("prerequisite", "state-too-new", {
    message: `${file} was written by a newer tee-cluster (format ${version}, this one knows ${known})`,
    hint: "upgrade: npm install -g tee-cluster@latest",
  });
}

/** The error for a record that is not what was written. `file`: the journal or the history. */
export function damaged(file: string, message: string): ClusterError {
  const folder = path.dirname(file);
  return new ClusterError("prerequisite", "state-damaged", {
    message,
    hint: `restore the folder from a backup; or set it aside (mv '${folder}' '${folder}.damaged') and run the command again with --adopt: it then goes by what Phala's API says`,
  });
}
