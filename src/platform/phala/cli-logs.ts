/** `phala logs`, as in 1.1.18: plain lines on stdout; for a failure `✗ ...` on stderr and exit 1. */
import { stripVTControlCharacters } from "node:util";
import type { CliOutcome, LogRequest } from "../../core/ports.ts";
import type { PhalaCommand } from "./cli-process.ts";
import type { CliRun } from "./cli-output.ts";

/** A log is followed until it is stopped; this is the maximum delay of a timer, some 24 days. */
const UNLIMITED_MS = 2 ** 31 - 1;
/** Limits the memory for a line without an end. */
const MAX_LINE_LENGTH = 64 * 1024;

/** @param onLine if given, the log is followed, and each line is passed on after `redact`. */
export function logsCommand(
  { cvmId, container, tail, stderr, since }: LogRequest,
  limitMs: number,
  redact: (text: string) => string,
  onLine?: (line: string) => void,
): PhalaCommand {
  const args = [
    "logs",
    ...(container === null ? ["--serial"] : [container]),
    "--cvm-id",
    cvmId,
    "--tail",
    String(tail),
    ...(stderr && container !== null ? ["--stderr"] : []),
    ...(since === undefined ? [] : ["--since", since]),
    ...(onLine ? ["--follow"] : []),
  ];
  const common = { args: () => args, operation: { kind: "read" } as const };
  if (onLine === undefined) return { ...common, limitMs };
  return { ...common, limitMs: UNLIMITED_MS, onStdout: byLine((line) => onLine(redact(line))) };
}

/** Passes on whole lines only: half a secret would not be recognised. */
function byLine(onLine: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = `${rest}${text}`.split("\n");
    rest = (lines.pop() ?? "").slice(-MAX_LINE_LENGTH);
    for (const line of lines) onLine(cleanLine(line));
  };
}

const cleanLine = (line: string): string => stripVTControlCharacters(line.replace(/\r$/, ""));

export function logsOutcome({
  stdout,
  stderr,
  exitCode,
  cutOff,
}: CliRun): CliOutcome<readonly string[]> {
  if (exitCode === 0 && cutOff === undefined) {
    const lines = stdout.split("\n").map(cleanLine);
    return { kind: "ok", value: lines.at(-1) === "" ? lines.slice(0, -1) : lines };
  }
  const said = stripVTControlCharacters(stderr)
    .trim()
    .replace(/^[✗x]\s*/u, "");
  const message = said || cutOff || `exit code ${exitCode}, and no output`;
  return { kind: cutOff === undefined ? "refused" : "unclear", message };
}
