/** Renders `list` as a table. */
import { columnTable, type Column, type View } from "../../output/layout.ts";
import type { ListedCluster, ListResult } from "./result.ts";

const where = ({ in_account: inAccount, recorded }: ListedCluster): string =>
  [inAccount ? "account" : undefined, recorded ? "record" : undefined].filter(Boolean).join(", ");

const runners = ({ runners: count, temporary_runners: temporary }: ListedCluster): string =>
  temporary === 0 ? String(count) : `${count} + ${temporary} temporary`;

const COLUMNS: readonly Column<ListedCluster>[] = [
  { title: "CLUSTER", text: ({ name }) => name },
  { title: "REGISTRY", text: ({ registry_status: status }) => status ?? "none" },
  { title: "RUNNERS", text: runners, dispensable: 1 },
  { title: "KNOWN FROM", text: where, dispensable: 2 },
  { title: "USD/HOUR", text: ({ usd_per_hour: usd }) => (usd === null ? "-" : String(usd)) },
];

export function renderList({ clusters, host }: ListResult, view: View): string[] {
  if (clusters.length === 0)
    return view.quiet ? [] : [`No cluster at ${host}, and none recorded here.`];
  return view.quiet ? clusters.map(({ name }) => name) : columnTable(clusters, COLUMNS, view);
}
