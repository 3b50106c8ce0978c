/** `phala logs`, measured with 1.1.18: plain lines on stdout, `✗ ...` on stderr and exit 1 for a failure. */
import { stripVTControlCharacters } from "node:util";
import type { CliOutcome, LogRequest } from "../../core/ports.ts";
import type { PhalaCommand } from "./cli-process.ts";
import type { CliRun } from "./cli-output.ts";

/** The largest delay that a timer takes, some 24 days: a log is followed until somebody stops it. */
const UNLIMITED_MS = 2 ** 31 - 1;
/** Of a line without an end, so that a program that writes none fills no memory. */
const LONGEST_LINE = 64 * 1024;

/** @param onLine follow, and hand on every line, which `redact` has gone over. */
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

/** Half a secret would not be recognised: only whole lines are handed on. */
function byLine(onLine: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = `${rest}${text}`.split("\n");
    rest = (lines.pop() ?? "").slice(-LONGEST_LINE);
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
