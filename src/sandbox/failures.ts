/** Why a sandbox can't be started: its folder, its cloud file or its port. Told like every failure of the program. */
import path from "node:path";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";

const beginAnew = (file: string): string =>
  `delete ${path.dirname(file)} to begin a new cloud, or choose another folder with --state-dir`;

/** The folder is a file, read-only, or on a full disk. */
export function unwritable(file: string, error: unknown): ClusterError {
  return new ClusterError("prerequisite", "state-unwritable", {
    message: `can't write the sandbox's cloud ${file}: ${messageOf(error)}`,
    hint: `make ${path.dirname(file)} a folder that can be written to, or choose another one with --state-dir`,
    cause: error,
  });
}

export function unreadable(file: string, error: unknown): ClusterError {
  return new ClusterError("prerequisite", "state-unreadable", {
    message: `can't read the sandbox's cloud ${file}: ${messageOf(error)}`,
    hint: beginAnew(file),
    cause: error,
  });
}

/** `reason` quotes nothing of the file: it holds the private keys of the CVMs. */
export function damaged(file: string, reason: string): ClusterError {
  return new ClusterError("prerequisite", "state-damaged", {
    message: `the sandbox's cloud ${file} is damaged: ${reason}`,
    hint: beginAnew(file),
  });
}

export function tooNew(file: string, version: number): ClusterError {
  return new ClusterError("prerequisite", "state-too-new", {
    message: `the sandbox's cloud ${file} was written by a newer tee-cluster (format ${version}, this one knows 1)`,
    hint: `upgrade: npm install -g tee-cluster@latest; or ${beginAnew(file)}`,
  });
}

/** A port that was asked for. */
export function portUnusable(port: number, error: NodeJS.ErrnoException): ClusterError {
  const taken = error.code === "EADDRINUSE";
  return new ClusterError(
    taken ? "conflict" : "prerequisite",
    taken ? "port-taken" : "port-unusable",
    {
      message: taken
        ? `port ${port} of 127.0.0.1 is taken by another program`
        : `can't listen on port ${port} of 127.0.0.1: ${messageOf(error)}`,
      hint: "choose another one with --port, or leave it out and a free one is taken",
      cause: error,
    },
  );
}
