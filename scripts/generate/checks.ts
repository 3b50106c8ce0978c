/** The table of docs/doctor.md, from the checks and the catalogue of codes. */
import { ALL_CHECKS } from "../../src/checks/all-checks.ts";
import { clusterChecks } from "../../src/checks/cluster-checks.ts";
import { platformChecks } from "../../src/checks/platform-checks.ts";
import { CATALOGUE } from "../../src/errors/catalogue.ts";
import { markdownTable } from "./blocks.ts";

const OF_INIT: ReadonlySet<string> = new Set(
  [...platformChecks, ...clusterChecks].map(({ id }) => id),
);

/** In the order of `doctor`; those of step 1 are marked. */
export function checksTable(): string {
  const rows = ALL_CHECKS.map(({ id, title, severity }) => {
    const { cause, remedy } = CATALOGUE[id];
    return [`\`${id}\`${OF_INIT.has(id) ? " ●" : ""}`, severity, title, cause, remedy];
  });
  return markdownTable(["id", "severity", "check", "it fails because", "remedy"], rows);
}
