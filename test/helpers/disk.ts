/**
 * A small disk over one folder: it can be filled up and made read-only, also while the program runs, and that
 * stops root (whom no file mode stops) as it stops anybody else. Mounted in a namespace of its own.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { onTestFinished } from "vitest";
import { OWN_PHALA } from "./phala-bin.ts";
import { PROGRAM, type Run, type World } from "./program.ts";

/** False where no namespace may be made, as in some containers. */
export const CAN_MOUNT =
  spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

const SIZE = 256 * 1024;
const MOUNT = `mount -t tmpfs -o size=${SIZE},mode=700 none "$1" && echo mounted && exec sleep 600`;
/** Paths are looked up from the working directory as it is outside, unless it is entered anew. */
const ENTER = 'cd "$1" && shift && exec "$@"';

export type Disk = {
  /** The mounted folder, for whoever looks from outside. */
  readonly path: string;
  /** Leaves no room for another file. */
  fill(): Promise<void>;
  empty(): Promise<void>;
  remount(as: "ro" | "rw"): Promise<void>;
  /** Runs the program, with the disk in place of the folder. */
  run(args: readonly string[], change?: Record<string, string>): Promise<Run>;
};

/** Mounts an empty disk over `folder` (made where it is missing) for the time of the test. */
export async function mountDisk(world: World, folder: string): Promise<Disk> {
  await mkdir(folder, { recursive: true });
  const holder = spawn("unshare", ["-rm", "sh", "-c", MOUNT, "sh", folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void holder.kill("SIGKILL"));
  await once(holder.stdout, "data");
  const inside = path.join(`/proc/${holder.pid}/root`, folder);
  const enter = ["-U", "-m", "--preserve-credentials", "-t", String(holder.pid)];
  return {
    path: inside,
    // As much is written as there is room for.
    fill: () =>
      writeFile(path.join(inside, "filler"), Buffer.alloc(SIZE + 1)).catch(() => undefined),
    empty: () => rm(path.join(inside, "filler")),
    // As a mount of its own over the disk: one with a file open for writing, as a lock is, can't be made read-only.
    async remount(as) {
      const commands =
        as === "rw"
          ? [["umount", folder]]
          : [
              ["mount", "--bind", folder, folder],
              ["mount", "-o", "remount,bind,ro", folder],
            ];
      for (const command of commands) await execa("nsenter", [...enter, ...command]);
    },
    async run(args, change = {}) {
      const program = ["sh", "-c", ENTER, "sh", world.folder, process.execPath, PROGRAM, ...args];
      const { exitCode, signal, stdout, stderr } = await execa("nsenter", [...enter, ...program], {
        // What is loaded already looks at other disks, and finds its files in the temporary directory.
        env: { ...world.env, ...(folder === world.env["TMPDIR"] && OWN_PHALA), ...change },
        extendEnv: false,
        stdin: "ignore",
        reject: false,
      });
      return { exitCode, signal, stdout, stderr };
    },
  };
}
