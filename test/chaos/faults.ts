/** What can go wrong, where, and how it is brought about. */
import { isLie, LIES } from "../../src/sandbox/attestation/lies.ts";
import { FAULT_CATALOGUE } from "../../src/sandbox/fault-catalogue.ts";
import type { Fault as SandboxFault, Sandbox } from "../../src/sandbox/index.ts";

/**
 * A request to the API or the gateway, a request while a `phala` is at work, a start of `phala`; each counted from 1
 * over the whole run.
 */
export const POINTS = ["request", "phala-request", "start"] as const;
/** And the run as a whole, which has one point. */
export const POINT_KINDS = [...POINTS, "run"] as const;
export type PointKind = (typeof POINT_KINDS)[number];

/** Faults of the network and the platform: the sandbox strikes, at one request. */
const SANDBOX_ACTIONS = {
  "reset-before": { kind: "reset-before" },
  "reset-after": { kind: "reset-after" },
  "500": { kind: "status", status: 500 },
  "429": { kind: "status", status: 429, retryAfter: 1 },
  hang: { kind: "hang" },
  "half-json": { kind: "half-json" },
  html: { kind: "html" },
} as const satisfies Record<string, SandboxFault["action"]>;

type SandboxFaultName = keyof typeof SANDBOX_ACTIONS;

/** All of them, in the order of the tables, each with what it means. */
export const FAULTS = [
  ["kill", "`kill -9` of the program; a running `phala` continues"],
  ["power-cut", "`kill -9` of the program and of its `phala`"],
  ["SIGINT", "Ctrl-C"],
  ["SIGTERM", "how CI and init systems end a job"],
  ["reset-before", "the connection breaks before the request is processed"],
  ["reset-after", "the request is processed, then the connection breaks"],
  ["500", "the answer is HTTP 500"],
  ["429", "the answer is HTTP 429, with `Retry-After`"],
  ["hang", "no answer, ever"],
  ["half-json", "the request is processed, half of the answer's JSON arrives"],
  ["html", "the request is processed, a web page with status 200 arrives"],
  ["child-kill", "`kill -9` of the running `phala`"],
  ["child-fails", "`phala` exits with 127 and no output, like a broken shim"],
  ["phala-gone", "from this start on `phala` can't be started"],
] as const;

/** What is in force during a run: each `--fault` of the sandbox, and each lie of its platform about what runs. */
export type PlatformFault = `fault:${string}` | `lie:${string}`;
export type FaultName = (typeof FAULTS)[number][0] | PlatformFault;

/** Ends of an update's operation besides the usual one. */
const OTHER_ENDS = ["aborted", "rejected", "rolled_back", "cancelled"];

/**
 * Lies that change what a CVM is made of, which it then is for good: another hash is right after them, and a run
 * without the lie sees a cloud that has changed. test/e2e/attested-*.test.ts have them.
 */
const LASTING_LIES: ReadonlySet<string> = new Set([
  "foreign-script",
  "platform-script",
  "another-script",
  "patched-os",
]);

export const PLATFORM_FAULTS: readonly PlatformFault[] = [
  ...Object.keys(FAULT_CATALOGUE).map((name) => `fault:${name}` as const),
  ...OTHER_ENDS.map((word) => `fault:operation-ends=${word}` as const),
  ...Object.keys(LIES)
    .filter((name) => !LASTING_LIES.has(name))
    .map((name) => `lie:${name}` as const),
];
export const FAULT_NAMES: readonly FaultName[] = [
  ...FAULTS.map(([name]) => name),
  ...PLATFORM_FAULTS,
];

const FAULTS_AT: Readonly<Record<PointKind, readonly FaultName[]>> = {
  request: [
    "kill",
    "SIGINT",
    "SIGTERM",
    "reset-before",
    "reset-after",
    "500",
    "429",
    "hang",
    "half-json",
    "html",
  ],
  // Without a phala at work they would be the same as `kill`, and nothing.
  "phala-request": ["power-cut", "child-kill"],
  start: ["kill", "power-cut", "SIGINT", "SIGTERM", "child-kill", "child-fails", "phala-gone"],
  run: PLATFORM_FAULTS,
};

/** The faults that can strike at a point of that kind. */
export function faultsAt(kind: PointKind): readonly FaultName[] {
  return FAULTS_AT[kind];
}

export function isFaultName(name: string): name is FaultName {
  return (FAULT_NAMES as readonly string[]).includes(name);
}

/** The faults after which the program can't do anything any more. */
export function endsAtOnce(fault: FaultName): boolean {
  return fault === "kill" || fault === "power-cut";
}

/** Mostly asleep until a time limit is reached: many of them fit side by side. */
export function isSlow(fault: FaultName): boolean {
  return fault === "hang" || SLOW_PLATFORM.has(fault);
}
const SLOW_PLATFORM: ReadonlySet<FaultName> = new Set(["fault:hang", "fault:drip", "fault:delay"]);

/** What the sandbox has to be told for a fault at a request; undefined where it is not the sandbox that strikes. */
export function sandboxFault(fault: FaultName, ordinal: number): SandboxFault | undefined {
  if (!(fault in SANDBOX_ACTIONS)) return undefined;
  return { ordinal, times: 1, action: SANDBOX_ACTIONS[fault as SandboxFaultName] };
}

/** Brings about what is in force during a whole run. */
export function breakPlatform(
  sandbox: Pick<Sandbox, "setFaults" | "setLies">,
  fault: FaultName,
): void {
  const [, kind, name = ""] = /^(fault|lie):(.+)$/.exec(fault) ?? [];
  if (kind === "fault") sandbox.setFaults([name]);
  if (kind === "lie") sandbox.setLies([name].filter(isLie));
}
