/** How one app-compose departs from another, as answers tell it. Pure. */
import type { AppCompose } from "../../app-compose.ts";
import { compareAppComposes } from "../../compose/app-compose-difference.ts";
import { diffLines } from "../../line-diff.ts";
import type { Departure } from "../results.ts";

export function departureOf(actual: AppCompose, from: AppCompose): Departure {
  return {
    differences: compareAppComposes(actual, from),
    compose_changes: diffLines(from.docker_compose_file ?? "", actual.docker_compose_file ?? ""),
  };
}
