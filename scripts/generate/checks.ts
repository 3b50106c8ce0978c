/** The table of docs/doctor.md, from the checks and the catalogue of codes. */
import { ALL_CHECKS } from "../../src/checks/all-checks.ts";
import { clusterChecks } from "../../src/checks/cluster-checks.ts";
import { platformChecks } from "../../src/checks/platform-checks.ts";
import { allCodes } from "../../src/commands/explain/codes.ts";
import { markdownTable } from "./blocks.ts";

const OF_INIT: ReadonlySet<string> = new Set(
  [...platformChecks, ...clusterChecks].map(({ id }) => id),
);

/** In the order of `doctor`; those of step 1 are marked. */
export function checksTable(): string {
  const texts = new Map(allCodes().map((entry) => [entry.code, entry]));
  const rows = ALL_CHECKS.map(({ id, title, severity }) => {
    const { cause = "", remedy = "" } = texts.get(id) ?? {};
    return [`\`${id}\`${OF_INIT.has(id) ? " ●" : ""}`, severity, title, cause, remedy];
  });
  return markdownTable(["id", "severity", "check", "it fails because", "remedy"], rows);
}
