/** Renders `history`: every approval, the newest last. */
import type { HistoryEntryResult, HistoryResult } from "./result.ts";
import { dateAndTime, oneLine, wrap } from "../../lib/text.ts";
import { fields, paragraph, type Field, type View } from "../../output/layout.ts";

export function renderHistory(result: HistoryResult, view: View): string[] {
  const { theme, quiet } = view;
  const entries = result.entries.flatMap((entry) => ["", ...entryLines(entry, view)]);
  if (quiet) return [...entries.slice(1), ...problemLines(result, view)];
  return [
    theme.bold(headline(result)),
    ...entries,
    "",
    ...fields(theme, footer(result)),
    ...problemLines(result, view),
  ];
}

function headline({ cluster, entries, total }: HistoryResult): string {
  if (total === 0) return `No approval is recorded for cluster ${cluster}.`;
  const count = total === 1 ? "1 approval" : `${total} approvals`;
  const left = entries.length < total ? `The last ${entries.length} of ` : "";
  return `${left}${count} of cluster ${cluster}, the newest last:`;
}

/** `--json` has the whole hash. */
const short = (hash: string): string => hash.slice(0, 12);

type Attested = NonNullable<HistoryEntryResult["attestation"]>;

function entryLines(entry: HistoryEntryResult, { theme, columns }: View): string[] {
  const { who, added, removed, hashes, reason } = entry;
  const login = who.login === null ? "" : `, Phala account ${who.login}`;
  const kept = hashes.length - added.length;
  const changes = [
    ...added.map((hash) => theme.green(`+ ${short(hash)}`)),
    ...removed.map((hash) => theme.red(`- ${short(hash)}`)),
    ...(kept > 0 ? [theme.dim(`${kept} kept`)] : []),
  ];
  const rows: Field[] = [
    ["By", `${who.user} on ${who.host}${login}`],
    ["Hashes", changes],
    ["Runner", `${short(entry.runner_hash)}, from compose file ${short(entry.compose_digest)}`],
    ["Attested", entry.attestation && attestationText(entry.attestation)],
    ["Reason", reason === null ? null : wrap(reason, columns - REASON_INDENT)],
  ];
  return [
    `${theme.bold(dateAndTime(entry.at))}  ${oneLine(entry.command)} via ${entry.via}`,
    ...fields(theme, rows),
  ];
}

function attestationText({ mode, result, scripts }: Attested): string[] {
  const trusted = scripts.map(
    ({ sha256, of, why }) => `pre-launch script ${short(sha256)} of ${of}: ${why}`,
  );
  return [result === null ? mode : `${result} (${mode})`, ...trusted];
}

const REASON_INDENT = 2 + "Attested".length + 2;

function footer({ file, head, verified }: HistoryResult): Field[] {
  const words = {
    true: "yes: every line is as it was written",
    false: "no",
    null: "not checked; add --verify",
  };
  return [
    ["File", file],
    ["Head", head],
    ["Verified", head === null ? null : words[`${verified}`]],
  ];
}

function problemLines({ problem, head }: HistoryResult, view: View): string[] {
  const { theme, columns } = view;
  if (problem === null) return [];
  const advice =
    problem.reason === "torn"
      ? "No recorded approval rests on that line. The next approval begins a new one."
      : `Trust only the lines before it${head === null ? "" : ", and compare the head with the one that you keep elsewhere"}.`;
  const lines = wrap(`The history does not fit (${problem.reason}): ${problem.message}`, columns);
  return ["", ...lines.map((line) => theme.red(line)), ...paragraph(advice, view)];
}
