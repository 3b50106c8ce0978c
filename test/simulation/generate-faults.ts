/** What strikes the calls of a run. */
import * as fc from "fast-check";
import { deed } from "./generate-deeds.ts";
import { ENDS, type Fault, type PortCall, type Strike } from "./history.ts";

type Word = Exclude<Strike["does"], "late" | "ends" | "deed">;
const does = (...words: readonly Word[]): fc.Arbitrary<Strike> =>
  fc.record({ does: fc.constantFrom(...words) }) as fc.Arbitrary<Strike>;

/** What may happen at any call. */
const anywhere: fc.Arbitrary<Strike> = fc.oneof(
  {
    weight: 3,
    arbitrary: does(
      "kill-before",
      "kill-after",
      "power-cut",
      "ctrl-c",
      "ctrl-c-twice",
      "stop-burst",
    ),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("deed" as const), deed }) },
  { weight: 1, arbitrary: does("unknown", "denied") },
);
const refusals = does("busy", "denied", "unknown");
const unclear = does("lost", "unsent", "repeated", "no-id");

/** A fault of one kind of call: `nth` up to `last`. */
export function faultOf(
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
export const fault: fc.Arbitrary<Fault> = fc.oneof(
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
  { weight: 1, arbitrary: faultOf("evidence", 8, does("unknown", "missing"), anywhere) },
  { weight: 4, arbitrary: faultOf("any", 80, anywhere) },
  {
    weight: 2,
    arbitrary: faultOf("file", 400, does("kill-before", "power-cut", "ctrl-c", "disk-full")),
  },
);

const often = (call: PortCall, strike: Strike): Fault => ({ call, nth: 0, times: 100, strike });

/** What it goes on saying of a runner. */
export const LYING: fc.Arbitrary<Fault> = fc.constantFrom(
  often("appCompose", { does: "no-runner-compose" }),
  often("appCompose", { does: "tampered" }),
  often("findCvm", { does: "false-hash" }),
  often("evidence", { does: "missing" }),
);
