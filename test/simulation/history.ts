/** A history as data: what the platform is like, and who does what when. It is what fast-check makes, and shrinks. */
import * as fc from "fast-check";

/** How long things take on the platform, ms, and what it leaves out. */
export type Platform = {
  readonly idLag: number;
  readonly nameLag: number;
  readonly listLag: number;
  readonly bootMs: number;
  readonly updateMs: number;
  readonly deleteMs: number;
  readonly operationLag: number;
  readonly pageSize: number;
  /** Whether `/operations` is there, and its answers have correlation ids. */
  readonly operations: boolean;
  readonly correlation: boolean;
  readonly createdAt: boolean;
  readonly uptime: boolean;
  readonly progress: boolean;
  readonly push: boolean;
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
  "any",
  // An operation of the machine's own disk; `any` does not count them.
  "file",
] as const;
export type PortCall = (typeof PORT_CALLS)[number];

/** What others do in the cloud, between runs or in the middle of one. */
export type Deed =
  | { readonly deed: "provision"; readonly compose: "runner0" | "runner1" | "evil" }
  | { readonly deed: "push" | "restart-registry" | "retire-runner" }
  | { readonly deed: "rename" | "replicate"; readonly what: "registry" | "temp" }
  | { readonly deed: "delete"; readonly what: "registry" | "temp" | "runner" }
  | { readonly deed: "dashboard-update"; readonly ends: boolean }
  | { readonly deed: "make"; readonly what: "registry" | "temp" }
  | { readonly deed: "clock"; readonly op: 0 | 1; readonly minutes: number };

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
  | { readonly does: "missing" | "tampered" | "false-hash" }
  | { readonly does: "kill-before" | "kill-after" | "power-cut" | "ctrl-c" | "ctrl-c-twice" }
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
  readonly runner: 0 | 1;
  readonly registry: 0 | 1;
  readonly faults: readonly Fault[];
};

export type Event =
  | { readonly kind: "run"; readonly run: Run }
  | { readonly kind: "together"; readonly run: Run; readonly other: Run; readonly after: number }
  | { readonly kind: "deed"; readonly deed: Deed }
  | { readonly kind: "wait"; readonly minutes: number };

export type History = {
  readonly platform: Platform;
  /** Whether operator 0 has set the cluster up before, in peace. */
  readonly setUp: boolean;
  readonly events: readonly Event[];
};

const mostly = (likely: boolean): fc.Arbitrary<boolean> =>
  fc.oneof(
    { weight: 7, arbitrary: fc.constant(likely) },
    { weight: 1, arbitrary: fc.constant(!likely) },
  );
/** Usually short, now and then long. */
const ms = (usual: number, longest: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 3, arbitrary: fc.nat(usual) }, { weight: 1, arbitrary: fc.nat(longest) });

const platform: fc.Arbitrary<Platform> = fc.record({
  idLag: ms(500, 12_000),
  nameLag: ms(2_000, 22_000),
  listLag: ms(2_000, 22_000),
  bootMs: ms(15_000, 60_000),
  updateMs: ms(15_000, 60_000),
  deleteMs: ms(4_000, 25_000),
  operationLag: ms(1_000, 8_000),
  pageSize: fc.integer({ min: 1, max: 100 }),
  operations: mostly(true),
  correlation: mostly(true),
  createdAt: mostly(false),
  uptime: fc.boolean(),
  progress: mostly(true),
  push: mostly(true),
  schema: fc.constantFrom("v2", "v1"),
});

const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({
    deed: fc.constant("provision" as const),
    compose: fc.constantFrom(
      "runner0" as const,
      "runner0" as const,
      "runner1" as const,
      "evil" as const,
    ),
  }),
  fc.record({
    deed: fc.constantFrom("push" as const, "restart-registry" as const, "retire-runner" as const),
  }),
  fc.record({
    deed: fc.constantFrom("rename" as const, "replicate" as const),
    what: fc.constantFrom("registry" as const, "temp" as const),
  }),
  fc.record({
    deed: fc.constant("delete" as const),
    what: fc.constantFrom("registry" as const, "temp" as const, "runner" as const),
  }),
  fc.record({ deed: fc.constant("dashboard-update" as const), ends: mostly(true) }),
  fc.record({
    deed: fc.constant("make" as const),
    what: fc.constantFrom("registry" as const, "temp" as const, "temp" as const),
  }),
  fc.record({
    deed: fc.constant("clock" as const),
    op: fc.constantFrom(0 as const, 1 as const),
    minutes: fc.integer({ min: -180, max: 180 }),
  }),
);

type Word = Exclude<Strike["does"], "late" | "ends" | "deed">;
const does = (...words: readonly Word[]): fc.Arbitrary<Strike> =>
  fc.record({ does: fc.constantFrom(...words) }) as fc.Arbitrary<Strike>;

/** What may happen at any call. */
const anywhere: fc.Arbitrary<Strike> = fc.oneof(
  {
    weight: 3,
    arbitrary: does("kill-before", "kill-after", "power-cut", "ctrl-c", "ctrl-c-twice"),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("deed" as const), deed }) },
  { weight: 1, arbitrary: does("unknown", "denied") },
);
const refusals = does("busy", "denied", "unknown");
const unclear = does("lost", "unsent", "repeated", "no-id");

/** A fault of one kind of call: `nth` up to `last`. */
function faultOf(
  call: PortCall,
  last: number,
  ...strikes: readonly fc.Arbitrary<Strike>[]
): fc.Arbitrary<Fault> {
  return fc.record({
    call: fc.constant(call),
    nth: fc.nat(last),
    times: fc.oneof(
      { weight: 5, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }) },
    ),
    strike: fc.oneof(...strikes),
  });
}

/** Where a create, update or deletion is struck, there is the most to go wrong. */
const fault: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 4,
    arbitrary: faultOf(
      "createCvm",
      4,
      refusals,
      unclear,
      fc.record({ does: fc.constant("late" as const), seconds: fc.nat(25) }),
      anywhere,
    ),
  },
  {
    weight: 4,
    arbitrary: faultOf(
      "updateCvm",
      1,
      refusals,
      unclear,
      fc.record({ does: fc.constant("ends" as const), as: fc.constantFrom(...ENDS) }),
      anywhere,
    ),
  },
  { weight: 2, arbitrary: faultOf("deleteCvm", 2, refusals, unclear, anywhere) },
  { weight: 2, arbitrary: faultOf("approveHashes", 1, refusals, unclear, anywhere) },
  {
    weight: 2,
    arbitrary: faultOf("findCvm", 30, does("unknown", "denied", "false-hash"), anywhere),
  },
  { weight: 1, arbitrary: faultOf("listCvms", 8, does("unknown", "denied"), anywhere) },
  {
    weight: 2,
    arbitrary: faultOf("appCompose", 8, does("unknown", "missing", "tampered"), anywhere),
  },
  { weight: 1, arbitrary: faultOf("operations", 8, does("unknown", "denied"), anywhere) },
  { weight: 1, arbitrary: faultOf("health", 6, does("unknown"), anywhere) },
  { weight: 4, arbitrary: faultOf("any", 80, anywhere) },
  {
    weight: 2,
    arbitrary: faultOf("file", 400, does("kill-before", "power-cut", "ctrl-c", "disk-full")),
  },
);

const run: fc.Arbitrary<Run> = fc.record({
  op: fc.constantFrom(0 as const, 0 as const, 1 as const),
  command: fc.constantFrom(
    "init" as const,
    "init" as const,
    "init" as const,
    "rotate-hash" as const,
    "rotate-hash" as const,
    "destroy" as const,
    "status" as const,
  ),
  rotation: fc.constantFrom(...ROTATIONS),
  via: fc.constantFrom("auto" as const, "auto" as const, "restart" as const, "api" as const),
  adopt: mostly(false),
  runner: fc.constantFrom(0 as const, 0 as const, 1 as const),
  registry: fc.constantFrom(0 as const, 0 as const, 0 as const, 1 as const),
  faults: fc.array(fault, { maxLength: 2 }),
});

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("run" as const), run }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("together" as const),
      run,
      other: run,
      after: fc.nat(40_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("deed" as const), deed }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), minutes: fc.nat(120) }) },
);

/** What an operator runs who does nothing special. */
export const PLAIN: Run = {
  op: 0,
  command: "init",
  rotation: "plain",
  via: "auto",
  adopt: false,
  runner: 0,
  registry: 0,
  faults: [],
};

/** The history of a seed. Every other one has small values more often. */
export function historyOf(seed: number): History {
  return fc.sample(history, parametersOf(seed))[0] as History;
}

export const parametersOf = (
  seed: number,
): { readonly seed: number; readonly numRuns: number; readonly unbiased: boolean } => ({
  seed,
  numRuns: 1,
  unbiased: seed % 2 === 0,
});

export const history: fc.Arbitrary<History> = fc.record({
  platform,
  setUp: fc.boolean(),
  events: fc.array(event, { minLength: 1, maxLength: 6 }),
});
