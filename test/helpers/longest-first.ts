/** The order of the test files: those that take longest begin, so that none of them runs alone at the end. */
import type { TestSequencer, TestSpecification } from "vitest/node";
import { BaseSequencer } from "vitest/node";

/** The longest, by where they stand; every other one after them, in Vitest's own order. */
const LONGEST: readonly string[] = [
  "test/e2e/attested-runs.test.ts",
  "test/e2e/documents.test.ts",
  "test/e2e/cases/updates.test.ts",
  "test/simulation/sample.test.ts",
  "test/e2e/package.test.ts",
  "test/e2e/operators-file.test.ts",
  "test/e2e/rotate-hash.test.ts",
  "test/chaos/sample.test.ts",
  "test/e2e/one-stop.test.ts",
  "test/e2e/status.test.ts",
  "test/e2e/timings.test.ts",
  "test/e2e/destroy.test.ts",
  "test/e2e/interruptions.test.ts",
  "test/e2e/network-drop.test.ts",
  "test/e2e/files.test.ts",
  "test/e2e/wizard.test.ts",
  "test/integration/production-failures.test.ts",
  "test/e2e/lies.test.ts",
  "test/e2e/approve-via-api.test.ts",
  "test/integration/adapters/ahead.test.ts",
  "test/e2e/odd-platform.test.ts",
  "test/e2e/init.test.ts",
  "test/e2e/doctor.test.ts",
  "test/e2e/surroundings.test.ts",
];

const rank = ({ moduleId }: TestSpecification): number => {
  const place = LONGEST.findIndex((file) => moduleId.endsWith(file));
  return place === -1 ? LONGEST.length : place;
};

export class LongestFirst extends BaseSequencer implements TestSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- a sequencer's method of that name
    const usual = await super.sort(files);
    // Stable: among equals the usual order stays.
    return usual.toSorted((one, other) => rank(one) - rank(other));
  }
}
