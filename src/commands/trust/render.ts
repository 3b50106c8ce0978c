/** Renders `trust show`, `trust diff` and `trust pin`. */
import { fields, type Field, type View } from "../../output/layout.ts";
import { wrap } from "../../lib/text.ts";
import type { TrustResult } from "./result.ts";

export function renderTrust(result: TrustResult, view: View): string[] {
  const { theme } = view;
  if (result.command === "trust show")
    return [...head(result, view), ...fields(theme, rowsOf(result))];
  const lines = result.differences.flatMap((difference) => [
    ...wrap(`${difference.key}: ${difference.message}`, view.columns),
    ...(difference.text ?? "")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => `    ${line}`),
  ]);
  const none = result.differences.length === 0 ? ["What runs is trusted, all of it."] : [];
  const written = result.written === null ? [] : [`Wrote ${result.written}; commit it.`];
  return [...head(result, view), ...none, ...lines, ...written];
}

const head = ({ file }: TrustResult, { theme, quiet }: View): string[] =>
  quiet ? [] : [theme.bold(`Trust: ${file ?? "built in"}`)];

const short = (hex: string | undefined): string =>
  hex === undefined ? "unknown" : `${hex.slice(0, 16)}...`;
const listed = (list: readonly string[]): string | readonly string[] =>
  list.length === 0 ? "none" : list;

function rowsOf({ trust }: TrustResult): Field[] {
  return [
    ["Intel root", trust.intel_root_sha256],
    ["TCB statuses", trust.tcb.accept.join(", ")],
    ["KMS", listed(trust.kms.map(({ name, k256 }) => `${name}, k256 ${k256}`))],
    [
      "OS images",
      listed(
        trust.os.map(
          ({ name, rtmr2, dev }) => `${name}${dev ? " (dev: refused)" : ""}, RTMR2 ${short(rtmr2)}`,
        ),
      ),
    ],
    ["Scripts", listed(trust.pre_launch_scripts.map(({ sha256, note }) => `${sha256} ${note}`))],
    ["Fields", listed(trust.app_compose_fields.map(({ name, sha256 }) => `${name} ${sha256}`))],
    [
      "Registry",
      trust.registry ? `${trust.registry.app_id}, ${trust.registry.compose_hash}` : "any",
    ],
  ];
}
