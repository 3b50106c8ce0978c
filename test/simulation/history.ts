/** A history as data: what the platform is like, and who does what when. `generate.ts` makes them. */
import type { AttestMode } from "../../src/core/attestation.ts";
import type { HashFrom } from "../../src/core/settings.ts";
import type { Lie } from "../../src/sandbox/attestation/lies.ts";

/** How long things take on the platform, ms, and what it leaves out. */
export type Platform = {
  readonly idLag: number;
  readonly nameLag: number;
  readonly listLag: number;
  readonly bootMs: number;
  readonly updateMs: number;
  readonly deleteMs: number;
  /** How long lists show what is gone. */
  readonly ghostMs: number;
  readonly operationLag: number;
  readonly pageSize: number;
  /** Whether `/operations` is there, and its answers have correlation ids. */
  readonly operations: boolean;
  readonly correlation: boolean;
  readonly createdAt: boolean;
  readonly uptime: boolean;
  readonly progress: boolean;
  readonly push: boolean;
  /** It puts a pre-launch script of its own into every app-compose, as Phala does. */
  readonly script: boolean;
  readonly schema: "v1" | "v2";
};

export const PORT_CALLS = [
  "findCvm",
  "listCvms",
  "appCompose",
  "operations",
  "createCvm",
  "updateCvm",
  "deleteCvm",
  "health",
  "approveHashes",
  // A look at the registry's attestation, by either way, or at the signature of its environment key.
  "evidence",
  "any",
  // An operation of the machine's own disk; `any` does not count them.
  "file",
] as const;
export type PortCall = (typeof PORT_CALLS)[number];

/** What others do in the cloud, between runs or in the middle of one. */
export type Deed =
  | { readonly deed: "provision"; readonly compose: "runner0" | "runner1" | "evil" }
  | { readonly deed: "push" | "restart-registry" | "retire-runner" }
  | { readonly deed: "rename" | "replicate"; readonly what: "registry" | "temp" | "runner" }
  | { readonly deed: "delete"; readonly what: "registry" | "temp" | "runner" }
  | { readonly deed: "dashboard-update"; readonly ends: boolean }
  | { readonly deed: "make"; readonly what: "registry" | "temp" }
  | { readonly deed: "clock"; readonly op: 0 | 1; readonly minutes: number }
  /** From now on; it stops to tell the lie that it told before. */
  | { readonly deed: "lie"; readonly lie: Falsehood | "none" };

/** How the platform lies about what runs in a registry, or to whom an environment is sealed. */
export type Falsehood =
  | Exclude<Lie, "platform-script">
  | "another-app"
  | "stale-tcb"
  | "revoked-tcb"
  | "no-evidence";

export const ENDS = [
  "timed_out",
  "aborted",
  "rejected",
  "rolled_back",
  "finalizing",
  "never",
] as const;

export type Strike =
  | {
      readonly does:
        | "unknown"
        | "denied"
        | "busy"
        | "lost"
        | "unsent"
        | "repeated"
        | "no-id"
        | "nothing";
    }
  /** The effect of a create comes later than its lost answer. */
  | { readonly does: "late"; readonly seconds: number }
  | { readonly does: "ends"; readonly as: (typeof ENDS)[number] }
  /** Of an app-compose or a hash that is read. */
  | { readonly does: "missing" | "tampered" }
  /** Of a runner only, whose hash is what is approved: no app-compose, or another hash than that of its own. */
  | { readonly does: "no-runner-compose" | "false-hash" }
  | {
      readonly does:
        | "kill-before"
        | "kill-after"
        | "power-cut"
        | "ctrl-c"
        | "ctrl-c-twice"
        | "stop-burst";
    }
  /** Of a file operation that takes space. */
  | { readonly does: "disk-full" }
  | { readonly does: "deed"; readonly deed: Deed };

/** What happens at the n-th call of a kind in a run; from there on for `times` calls. */
export type Fault = {
  readonly call: PortCall;
  readonly nth: number;
  readonly times: number;
  readonly strike: Strike;
};

export const ROTATIONS = [
  "plain",
  "retire",
  "replace",
  "keep",
  "drop",
  "rollback",
  "fresh",
  "force",
] as const;

export type Run = {
  readonly op: 0 | 1;
  readonly command: "init" | "rotate-hash" | "destroy" | "status";
  readonly rotation: (typeof ROTATIONS)[number];
  readonly via: "auto" | "restart" | "api";
  readonly adopt: boolean;
  readonly attest: AttestMode;
  readonly hashFrom: HashFrom;
  readonly runner: 0 | 1;
  readonly registry: 0 | 1;
  readonly faults: readonly Fault[];
};

export type Event =
  | { readonly kind: "run"; readonly run: Run }
  /** The other begins so many ms later; or, before that, some ms after the first makes its n-th call of a kind. */
  | {
      readonly kind: "together";
      readonly run: Run;
      readonly other: Run;
      readonly after: number;
      readonly at?: { readonly call: PortCall; readonly nth: number; readonly pause: number };
    }
  | { readonly kind: "deed"; readonly deed: Deed }
  | { readonly kind: "wait"; readonly minutes: number };

export type History = {
  readonly platform: Platform;
  /** Whether operator 0 has set the cluster up before, in peace. */
  readonly setUp: boolean;
  readonly events: readonly Event[];
};

/** What an operator runs who does nothing special. */
export const PLAIN: Run = {
  op: 0,
  command: "init",
  rotation: "plain",
  via: "auto",
  adopt: false,
  attest: "off",
  hashFrom: "temporary-runner",
  runner: 0,
  registry: 0,
  faults: [],
};

/** With what a shrunk history does not say. */
export const QUIET: Platform = {
  idLag: 0,
  nameLag: 0,
  listLag: 0,
  bootMs: 0,
  updateMs: 0,
  deleteMs: 0,
  ghostMs: 0,
  operationLag: 0,
  pageSize: 1,
  operations: true,
  correlation: true,
  createdAt: false,
  uptime: false,
  progress: true,
  push: true,
  script: false,
  schema: "v2",
};
