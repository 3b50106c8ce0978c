/** What others do, and the platform that lies. */
import * as fc from "fast-check";
import { likely } from "./generate-values.ts";
import type { Deed, Falsehood } from "./history.ts";

export const FALSEHOODS: readonly Falsehood[] = [
  "own-env-key",
  "two-env-keys",
  "own-kms",
  "foreign-compose",
  "foreign-script",
  "another-script",
  "patched-os",
  "dev-image",
  "no-tee",
  "debug-td",
  "edited-log",
  "paths-differ",
  "stale-evidence",
  "changed-later",
  "another-app",
  "stale-tcb",
  "revoked-tcb",
  "no-evidence",
];

export const lie: fc.Arbitrary<Deed> = fc.record({
  deed: fc.constant("lie" as const),
  lie: fc.constantFrom("none" as const, ...FALSEHOODS),
});

/** What the orchestrator does all day. */
export const work: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      deed: fc.constant("provision" as const),
      compose: fc.constantFrom("runner0" as const, "runner0" as const, "runner1" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ deed: fc.constantFrom("push" as const, "retire-runner" as const) }),
  },
);

export const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      deed: fc.constant("provision" as const),
      compose: fc.constantFrom(
        "runner0" as const,
        "runner0" as const,
        "runner1" as const,
        "evil" as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      deed: fc.constantFrom("push" as const, "restart-registry" as const, "retire-runner" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      deed: fc.constantFrom("rename" as const, "replicate" as const),
      what: fc.constantFrom("registry" as const, "temp" as const, "runner" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      deed: fc.constant("delete" as const),
      what: fc.constantFrom("registry" as const, "temp" as const, "runner" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ deed: fc.constant("dashboard-update" as const), ends: likely }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      deed: fc.constant("make" as const),
      what: fc.constantFrom("registry" as const, "temp" as const, "temp" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      deed: fc.constant("clock" as const),
      op: fc.constantFrom(0 as const, 1 as const),
      minutes: fc.integer({ min: -180, max: 180 }),
    }),
  },
  { weight: 1, arbitrary: lie },
);
