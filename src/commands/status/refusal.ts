/** Why a runner will be refused: in what it departs from the approved app-compose that it is most like. Pure. */
import type { AppCompose } from "../../core/compose-hash.ts";
import { compareAppComposes } from "../../app-compose/diff.ts";
import { diffLines } from "../../lib/line-diff.ts";
import type { Refusal } from "./result.ts";

/** Something to hold a refused app-compose against. */
export type Reference = {
  readonly kind: "approved" | "predicted";
  readonly hash: string;
  readonly appCompose: AppCompose;
};

/**
 * @param references approved ones first, the newest first; a predicted one counts only where no approved one is
 *   on record.
 */
export function explainRefusal(actual: AppCompose, references: readonly Reference[]): Refusal {
  const approved = references.filter(({ kind }) => kind === "approved");
  const nearest = nearestOf(actual, approved.length > 0 ? approved : references);
  if (!nearest) return { compared_with: null, differences: [] };
  return {
    compared_with: { kind: nearest.kind, compose_hash: nearest.hash },
    differences: compareAppComposes(actual, nearest.appCompose),
  };
}

/** The fewest fields that differ, then the fewest lines of the compose file; of equals the first. */
function nearestOf(actual: AppCompose, references: readonly Reference[]): Reference | undefined {
  const [nearest] = references
    .map((reference) => ({ reference, distance: distanceOf(actual, reference.appCompose) }))
    .toSorted(
      (a, b) => a.distance.fields - b.distance.fields || a.distance.lines - b.distance.lines,
    );
  return nearest?.reference;
}

function distanceOf(actual: AppCompose, expected: AppCompose): { fields: number; lines: number } {
  const texts = [expected, actual].map(({ docker_compose_file: text }) => text ?? "");
  const [before = "", after = ""] = texts;
  return {
    fields: compareAppComposes(actual, expected).length,
    lines: diffLines(before, after).length,
  };
}
