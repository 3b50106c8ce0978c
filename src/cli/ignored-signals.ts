/**
 * Signals that the process was started to ignore. Node sets them back to their defaults before any script runs, so the
 * mask itself is gone; what `nohup` leaves beside it is not.
 */
import { fstatSync, readFileSync, readSync, statSync } from "node:fs";
import path from "node:path";
import type { SignalName } from "../errors/cluster-error.ts";

const STDIN = 0;
const OUTPUTS = [1, 2];
const HANGUP_BIT = 1n;

export function ignoredSignals(env: NodeJS.ProcessEnv): ReadonlySet<SignalName> {
  return new Set(isHangUpIgnored(env) ? (["SIGHUP"] as const) : []);
}

function isHangUpIgnored(env: NodeJS.ProcessEnv): boolean {
  // bash, zsh and ksh say in `_` what they started.
  if (path.basename(env["_"] ?? "") === "nohup") return true;
  const files = ["nohup.out", path.join(env["HOME"] ?? "", "nohup.out")];
  const outputs = OUTPUTS.some((output) => files.some((file) => isSameFile(output, file)));
  return outputs || isUnreadableNull() || doesParentIgnoreHangUp();
}

function isSameFile(descriptor: number, file: string): boolean {
  const [open, named] = [attempt(() => fstatSync(descriptor)), attempt(() => statSync(file))];
  return (
    open !== undefined &&
    named?.isFile() === true &&
    open.ino === named.ino &&
    open.dev === named.dev
  );
}

/** In place of a terminal, GNU's `nohup` opens /dev/null as stdin for writing only. */
function isUnreadableNull(): boolean {
  const [open, none] = [attempt(() => fstatSync(STDIN)), attempt(() => statSync("/dev/null"))];
  if (!open?.isCharacterDevice() || open.rdev !== none?.rdev) return false;
  return attempt(() => readSync(STDIN, Buffer.alloc(1))) === undefined;
}

/** A script under `nohup`, or after `trap "" HUP`, hands that down. Linux only. */
function doesParentIgnoreHangUp(): boolean {
  const status = attempt(() => readFileSync(`/proc/${process.ppid}/status`, "utf8"));
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status ?? "")?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & HANGUP_BIT) !== 0n;
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
