/** `status`: the cluster in a few lines, its CVMs in a table, and the findings. */
import type { Rendered } from "../../core/command-hint.ts";
import { REGISTRY_MODE, shortHash } from "../../core/domain.ts";
import type { CvmStatus, StatusFinding, StatusResult } from "./result.ts";
import { hanging, wrap } from "../../lib/text.ts";
import {
  columnTable,
  fields,
  inSandbox,
  marked,
  marks,
  type Column,
  type Field,
  type View,
} from "../../output/layout.ts";
import type { Theme } from "../../output/theme.ts";
import { renderPrice } from "../../runners/price.ts";

export function renderStatus(result: Rendered<StatusResult>, view: View): string[] {
  const findings = result.findings.flatMap((finding) => findingLines(finding, view));
  if (view.quiet) {
    const problems = result.findings.filter(({ severity }) => severity !== "note");
    return problems.flatMap((finding) => findingLines(finding, view));
  }
  const table = result.cvms.length === 0 ? [] : cvmTable(result.cvms, result.cluster, view);
  const known = fields(view.theme, summary(result, view));
  const blocks = [[headline(result, view)], known, table, findings];
  return blocks
    .filter((block) => block.length > 0)
    .flatMap((block, index) => (index === 0 ? block : ["", ...block]));
}

/** `Cluster bird-tracker at 10:04:05: 1 problem, 2 warnings`. */
function headline({ cluster, at, findings }: StatusResult, { theme }: View): string {
  const count = (severity: StatusFinding["severity"]): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const [errors, warnings] = [count("error"), count("warning")];
  const counted = [
    ...(errors === 0 ? [] : [theme.red(errors === 1 ? "1 problem" : `${errors} problems`)]),
    ...(warnings === 0
      ? []
      : [theme.yellow(warnings === 1 ? "1 warning" : `${warnings} warnings`)]),
  ];
  const verdict = counted.length === 0 ? theme.green("in order") : counted.join(", ");
  const time = new Date(at).toTimeString().slice(0, 8);
  return `${theme.bold(`Cluster ${cluster}`)} ${theme.dim(`at ${time}`)}: ${verdict}`;
}

function summary(result: StatusResult, view: View): Field[] {
  const registry = result.cvms.find(({ role }) => role === "registry");
  if (!registry) return [];
  const { attestation, drift, usd_per_hour: usd, approved_list: list } = result;
  const { health, mode, uptime_seconds: uptime, app_id: appId, url } = registry;
  const state = [
    health ?? `${registry.status}, no answer`,
    ...(mode === null ? [] : [`mode ${mode}`]),
    ...(uptime === null ? [] : [`up ${age(uptime)}`]),
  ];
  return [
    ["Registry", state.join(", ")],
    ["App ID", appId ?? "not known"],
    ["URL", url],
    ["Price", usd == null ? null : `${renderPrice(usd)}, all CVMs${inSandbox(view)}`],
    ["Approved", approvedLines(list)],
    ["Attested", attestation && attestedLines(attestation)],
    ["Local file", drift && driftLine(drift)],
  ];
}

/** Beside the labels on a terminal of 80 columns. */
const REASON_WIDTH = 64;

function attestedLines(
  attestation: NonNullable<StatusResult["attestation"]>,
): string | readonly string[] {
  const { last_verified_at: at, unchanged, reason } = attestation;
  if (at === null) return "never on this machine";
  const when = `${at.slice(0, 16).replace("T", " ")} UTC`;
  if (unchanged !== null) return `${when}, ${unchanged ? "unchanged" : "changed since"}`;
  return [when, ...wrap(`not compared now: ${reason ?? "no evidence"}`, REASON_WIDTH)];
}

/** As many short hashes as fit beside the labels. */
const HASHES_A_LINE = 4;

function approvedLines({
  compose_hashes: hashes,
  standing,
}: StatusResult["approved_list"]): readonly string[] {
  if (hashes === null) return ["not known: nothing is recorded on this machine"];
  const short = hashes.map(shortHash);
  const lines = Array.from({ length: Math.ceil(short.length / HASHES_A_LINE) }, (_, index) =>
    short.slice(index * HASHES_A_LINE, (index + 1) * HASHES_A_LINE).join(", "),
  );
  const doubt = {
    confirmed: [],
    unconfirmed: ["not confirmed"],
    outdated: ["out of date"],
    unknown: [],
  };
  return [...(lines.length === 0 ? ["none"] : lines), ...doubt[standing]];
}

function driftLine({
  predicted_compose_hash: hash,
  status,
}: NonNullable<StatusResult["drift"]>): string {
  if (hash === null) return "can't be predicted: no runner is recorded, and none is running";
  const words = {
    approved: "approved",
    "not-approved": "not approved",
    unknown: "not known whether approved",
  };
  return `${shortHash(hash)} ${words[status]}`;
}

/** The message is wrapped; the remedy is not, so that it can be copied. */
function findingLines(
  { severity, message, remedy }: Rendered<StatusFinding>,
  view: View,
): string[] {
  const mark = marks(view.theme)[severity === "note" ? "skipped" : severity];
  return [
    ...marked(mark, message, view),
    ...(remedy === null ? [] : [`    ${hanging(remedy, "    ")}`]),
  ];
}

/** The CVMs, one a line, within 80 columns. */
function cvmTable(cvms: readonly CvmStatus[], cluster: string, view: View): string[] {
  return columnTable(cvms, columnsOf(cluster, view.theme), view);
}

const NONE = "-";

function columnsOf(cluster: string, theme: Theme): readonly Column<CvmStatus>[] {
  return [
    // Without the cluster's name, which the headline has.
    { title: "NAME", text: ({ name }) => name.slice(cluster.length + 1) },
    { title: "APP ID", text: ({ app_id: id }) => id?.slice(0, 8) ?? NONE, dispensable: 4 },
    { title: "STATE", text: stateOf, paint: (text, cvm) => paintState(text, cvm, theme) },
    {
      title: "AGE",
      text: ({ age_seconds: seconds }) => (seconds === null ? NONE : age(seconds)),
      dispensable: 1,
    },
    { title: "NODE", text: ({ node }) => node ?? NONE, dispensable: 2 },
    {
      title: "SIZE",
      text: ({ instance_type: type }) => type?.replace(/^tdx\./, "") ?? NONE,
      dispensable: 3,
    },
    { title: "MODELS", text: modelsOf },
    { title: "HASH", text: ({ compose_hash: hash }) => (hash === null ? NONE : shortHash(hash)) },
    {
      title: "VERDICT",
      text: (cvm) => verdictOf(cvm, theme),
      paint: (text, cvm) => paintVerdict(text, cvm, theme),
    },
  ];
}

/** As `/health` reports it, else as the platform does. */
function stateOf({ health, mode, role, status, in_progress: busy, unanswered }: CvmStatus): string {
  if (health === "healthy" && role === "registry" && mode !== REGISTRY_MODE) return "wrong mode";
  if (health !== null) return busy ? "updating" : health;
  return unanswered !== null && !busy ? "no answer" : status;
}

function paintState(text: string, cvm: CvmStatus, { green, red, yellow }: Theme): string {
  if (cvm.in_progress) return yellow(text);
  return stateOf(cvm) === "healthy" ? green(text) : red(text);
}

function modelsOf({ capacity }: CvmStatus): string {
  if (capacity === null) return NONE;
  return `${capacity.running_models ?? "?"}${capacity.accepting_new_models ? "" : " full"}`;
}

/** Readable without colours. */
function verdictOf({ role, approved, leftover, refusal }: CvmStatus, { symbols }: Theme): string {
  if (role === "registry") return NONE;
  if (role === "temporary-runner") return leftover === "in-use" ? "in use" : "left over";
  if (approved === null) return `${symbols.warning} ${refusal === null ? "unknown" : "not listed"}`;
  return approved ? `${symbols.done} approved` : `${symbols.failed} refused`;
}

function paintVerdict(text: string, { role, approved, leftover }: CvmStatus, theme: Theme): string {
  if (role === "registry" || leftover === "in-use") return theme.dim(text);
  if (approved === null) return theme.yellow(text);
  return approved ? theme.green(text) : theme.red(text);
}

/** `45s`, `12m`, `30h` or `3d`. */
function age(seconds: number): string {
  if (seconds < 120) return `${Math.floor(seconds)}s`;
  if (seconds < 120 * 60) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
