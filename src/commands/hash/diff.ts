/** How one app-compose departs from another, as answers tell it. Pure. */
import type { AppCompose } from "../../core/compose-hash.ts";
import { compareAppComposes } from "../../app-compose/diff.ts";
import { diffLines } from "../../lib/line-diff.ts";
import type { AppComposeDiff } from "./result.ts";

export function diffAppCompose(actual: AppCompose, from: AppCompose): AppComposeDiff {
  return {
    differences: compareAppComposes(actual, from),
    compose_changes: diffLines(from.docker_compose_file ?? "", actual.docker_compose_file ?? ""),
  };
}
