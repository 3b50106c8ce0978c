/** The CVMs of a cluster, one a line, within 80 columns. */
import { REGISTRY_MODE, shortHash } from "../../core/domain.ts";
import type { CvmStatus } from "./result.ts";
import type { Theme } from "../../output/theme.ts";
import { columnTable, type Column, type View } from "../../output/layout.ts";

export function cvmTable(cvms: readonly CvmStatus[], cluster: string, view: View): string[] {
  return columnTable(cvms, columnsOf(cluster, view.theme), view);
}

const NONE = "-";

function columnsOf(cluster: string, theme: Theme): readonly Column<CvmStatus>[] {
  return [
    // All names begin with the cluster's, which the headline has.
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

/** What `/health` says, where it says something; else what the platform says. */
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

/** Also without colours it must be seen which runner is accepted. */
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

/** `45s`, `12m`, `30h`, `3d`, from seconds: one unit is enough for a glance. */
export function age(seconds: number): string {
  if (seconds < 120) return `${Math.floor(seconds)}s`;
  if (seconds < 120 * 60) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
