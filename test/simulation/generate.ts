/** Histories from seeds: what fast-check makes, and shrinks. What comes first in a choice is what it shrinks to. */
import * as fc from "fast-check";
import { deed, lie, work } from "./generate-deeds.ts";
import { fault, faultOf, LYING } from "./generate-faults.ts";
import { likely, ms, rarely } from "./generate-values.ts";
import {
  ROTATIONS,
  type Event,
  type Fault,
  type History,
  type Platform,
  type Run,
} from "./history.ts";

const platform: fc.Arbitrary<Platform> = fc.record({
  idLag: ms(500, 12_000),
  nameLag: ms(2_000, 22_000),
  listLag: ms(2_000, 22_000),
  bootMs: ms(15_000, 60_000),
  updateMs: ms(15_000, 60_000),
  deleteMs: ms(4_000, 25_000),
  ghostMs: ms(2_000, 20_000),
  operationLag: ms(1_000, 8_000),
  pageSize: fc.integer({ min: 1, max: 100 }),
  operations: likely,
  correlation: likely,
  createdAt: fc.boolean(),
  uptime: fc.boolean(),
  progress: likely,
  push: likely,
  script: rarely(4),
  schema: fc.constantFrom("v2", "v1"),
});

const OPERATORS = fc.constantFrom(0 as const, 0 as const, 1 as const);

const FIELDS = {
  op: OPERATORS,
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
  adopt: rarely(7),
  attest: fc.constantFrom(
    "off" as const,
    "off" as const,
    "off" as const,
    "auto" as const,
    "require" as const,
  ),
  hashFrom: rarely(5).map((is) => (is ? ("provision" as const) : ("temporary-runner" as const))),
  runner: fc.constantFrom(0 as const, 0 as const, 1 as const),
  registry: fc.constantFrom(0 as const, 0 as const, 0 as const, 1 as const),
  faults: fc.array(fault, { maxLength: 2 }),
};
const run: fc.Arbitrary<Run> = fc.record(FIELDS);

/** A run that changes what is approved. */
const change = (faults: fc.Arbitrary<readonly Fault[]>): fc.Arbitrary<Run> =>
  fc.record({
    ...FIELDS,
    command: fc.constantFrom("rotate-hash" as const, "init" as const),
    rotation: fc.constantFrom(...ROTATIONS, "plain" as const, "retire" as const, "retire" as const),
    runner: fc.constantFrom(0 as const, 1 as const),
    faults,
  });

const asEvent = (one: Run): Event => ({ kind: "run", run: one });

/** One thing that happens, whatever was before. */
const anything: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: run.map(asEvent) },
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

/** Others go on with their work while a temporary runner is up, or while the registry is updated. */
const inTheWindow = change(
  fc
    .tuple(
      fc.constantFrom("createCvm" as const, "deleteCvm" as const, "updateCvm" as const),
      fc.nat(2),
      fc.array(deed, { minLength: 1, maxLength: 2 }),
      fc.array(fault, { maxLength: 1 }),
    )
    .map(([call, nth, deeds, faults]) => [
      ...deeds.map((one): Fault => ({ call, nth, times: 1, strike: { does: "deed", deed: one } })),
      ...faults,
    ]),
).map(asEvent);

/** A rotation to another compose file, while the orchestrator makes runners of both. */
const atWork = change(
  fc
    .tuple(
      fc.constantFrom("createCvm" as const, "createCvm" as const, "deleteCvm" as const),
      fc.nat(1),
      fc.array(work, { minLength: 1, maxLength: 2 }),
      fc.array(fault, { maxLength: 1 }),
    )
    .map(([call, nth, deeds, faults]) => [
      ...deeds.map((one): Fault => ({ call, nth, times: 1, strike: { does: "deed", deed: one } })),
      ...faults,
    ]),
).map((one) =>
  asEvent({
    ...one,
    command: "rotate-hash",
    rotation: one.rotation === "plain" ? "plain" : "retire",
    via: "auto",
    runner: 1,
  }),
);

/** The API says one untrue thing about a runner after the other, and not only once. */
const lyingApi = change(
  fc.uniqueArray(LYING, { minLength: 1, maxLength: 3, selector: ({ call }) => call }),
).map(asEvent);

/** An update that does not end well, or whose end nobody sees. */
const badUpdate = change(
  faultOf(
    "updateCvm",
    0,
    fc.record({
      does: fc.constant("ends" as const),
      as: fc.constantFrom("timed_out", "never", "aborted", "finalizing", "rolled_back", "rejected"),
    }),
  ).map((one) => [one]),
).map(asEvent);

/** A run that dies in the middle of a change, what others do then, and the same run once more. */
const cutOff: fc.Arbitrary<readonly Event[]> = fc
  .tuple(
    change(
      fc
        .tuple(
          fc.constantFrom("createCvm" as const, "updateCvm" as const, "deleteCvm" as const),
          fc.nat(4),
          fc.constantFrom("kill-before" as const, "kill-after" as const, "power-cut" as const),
        )
        .map(([call, nth, does]) => [{ call, nth, times: 1, strike: { does } }]),
    ),
    fc.array(fc.record({ kind: fc.constant("deed" as const), deed }), { maxLength: 2 }),
    fc.array(fault, { maxLength: 1 }),
  )
  .map(([dying, deeds, faults]) => [asEvent(dying), ...deeds, asEvent({ ...dying, faults })]);

/** The platform is busy for the first operator's change, and in this very moment the second one begins, whose clock is wrong. */
const crossing: fc.Arbitrary<readonly Event[]> = fc
  .record({
    minutes: fc.constantFrom(0, 60, 180, -120),
    held: change(fc.constant([])),
    isRotation: rarely(3).map((not) => !not),
    call: fc.constantFrom(
      "deleteCvm" as const,
      "deleteCvm" as const,
      "createCvm" as const,
      "updateCvm" as const,
    ),
    nth: fc.nat(1),
    times: fc.integer({ min: 1, max: 60 }),
    other: fc.oneof(
      { weight: 1, arbitrary: run },
      { weight: 1, arbitrary: run.map((one): Run => ({ ...one, command: "destroy" })) },
    ),
    pause: fc.nat(30_000),
  })
  .map(({ minutes, held, isRotation, call, nth, times, other, pause }) => [
    { kind: "deed", deed: { deed: "clock", op: 1, minutes } },
    {
      kind: "together",
      run: {
        ...held,
        ...(isRotation && { command: "rotate-hash", runner: 1 }),
        op: 0,
        faults: [{ call, nth, times, strike: { does: "busy" } }],
      },
      other: { ...other, op: 1, faults: [] },
      after: 120_000,
      at: { call, nth, pause },
    },
  ]);

/** The platform lies, and operators attest the registry. */
const attested: fc.Arbitrary<readonly Event[]> = fc
  .tuple(
    lie,
    change(fc.array(fault, { maxLength: 1 })),
    fc.constantFrom("auto" as const, "require" as const),
    fc.boolean(),
  )
  .map(([told, one, attest, inTheMiddle]) => {
    const first: Fault = {
      call: "any",
      nth: 12,
      times: 1,
      strike: { does: "deed", deed: told },
    };
    return inTheMiddle
      ? [asEvent({ ...one, attest, faults: [first, ...one.faults] })]
      : [{ kind: "deed", deed: told }, asEvent({ ...one, attest })];
  });

const alone = (event: fc.Arbitrary<Event>): fc.Arbitrary<readonly Event[]> =>
  event.map((one) => [one]);

const scene: fc.Arbitrary<readonly Event[]> = fc.oneof(
  { weight: 10, arbitrary: alone(anything) },
  { weight: 2, arbitrary: alone(inTheWindow) },
  { weight: 2, arbitrary: alone(atWork) },
  { weight: 1, arbitrary: alone(lyingApi) },
  { weight: 1, arbitrary: alone(badUpdate) },
  { weight: 1, arbitrary: cutOff },
  { weight: 3, arbitrary: crossing },
  { weight: 2, arbitrary: attested },
);

/** What happens comes first: it is shrunk before the platform is. */
export const history: fc.Arbitrary<History> = fc.record({
  events: fc.array(scene, { minLength: 1, maxLength: 5 }).map((scenes) => scenes.flat()),
  setUp: fc.constantFrom(false, true, true),
  platform,
});

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
