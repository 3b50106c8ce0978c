/**
 * A real executable in front of `phala`, given as PHALA_BIN: it counts its starts, does at one of them what the
 * trial wants, and then becomes the real program. The program under test knows nothing of it.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { warmPhalaBin } from "../helpers/phala-bin.ts";
import type { FaultName } from "./faults.ts";

export type PhalaStart = {
  readonly ordinal: number;
  readonly pid: number;
  /** As in `cvms delete ID --force --json`. */
  readonly args: string;
};

export type PhalaStand = {
  readonly bin: string;
  /** In their order. */
  starts(): readonly PhalaStart[];
  /** The starts whose process still lives. */
  atWork(): readonly PhalaStart[];
};

export type StartFault = { readonly fault: FaultName; readonly point: number };

/**
 * What the shell does at the start, before it becomes phala. $PPID is the program: it starts phala without a shell
 * in between.
 */
const AT_START: Partial<Record<FaultName, string>> = {
  kill: "kill -KILL $PPID",
  "power-cut": "kill -KILL $PPID; kill -KILL $$",
  SIGINT: "kill -INT $PPID",
  SIGTERM: "kill -TERM $PPID",
  "child-kill": "kill -KILL $$",
  "child-fails": "exit 127",
};

/** Makes `stand/` in the folder. */
export async function makePhalaStand(folder: string, fault?: StartFault): Promise<PhalaStand> {
  const bin = path.join(folder, "stand", "phala");
  const counted = path.join(folder, "stand", "starts");
  mkdirSync(counted, { recursive: true });
  await writeFile(bin, script(counted, fault));
  const gone = fault?.fault === "phala-gone" && fault.point === 1;
  await chmod(bin, gone ? 0o644 : 0o755);
  const starts = (): PhalaStart[] => readStarts(counted);
  return { bin, starts, atWork: () => starts().filter(({ pid }) => isAlive(pid)) };
}

/** The file of a start is made with O_EXCL (noclobber), so two starts at once get a number each. */
function script(counted: string, fault: StartFault | undefined): string {
  return `#!/bin/sh
set -C
n=1
until { echo "$$ $*" > "${counted}/$n"; } 2>/dev/null; do n=$((n + 1)); done
case $n in
${fault === undefined ? "" : strike(fault)}
esac
exec "${warmPhalaBin()}" "$@"
`;
}

function strike({ fault, point }: StartFault): string {
  // A start that does not happen can't do anything: the one before it takes the program away.
  if (fault === "phala-gone") return `${point - 1}) chmod 644 "$0" ;;`;
  return `${point}) ${AT_START[fault] ?? ":"} ;;`;
}

function readStarts(counted: string): PhalaStart[] {
  return readdirSync(counted)
    .map(Number)
    .toSorted((a, b) => a - b)
    .map((ordinal) => {
      const [pid = "", ...args] = readFileSync(path.join(counted, String(ordinal)), "utf8")
        .trim()
        .split(" ");
      return { ordinal, pid: Number(pid), args: args.join(" ") };
    });
}

/** A process that has ended and was not yet waited for does no more harm. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
