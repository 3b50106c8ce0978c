/** What can be found in a compose file: one shape for requirements, lint and domains. */

/** Every id that a finding may have, stable and kebab-case: `doctor --ignore` takes them. */
export const FINDING_IDS = [
  "placeholder-missing",
  "port-not-published",
  "placeholder-not-set",
  "image-not-pinned",
  "images-differ",
  "debug-mode",
  "privileged",
  "secret-default",
  "secret-written-in",
  "name-not-read",
  "line-ends",
  "base-domain-default",
  "base-domain-fixed",
  "base-domain-given",
  "base-domain-runner",
  "base-domain-orchestrator",
] as const;

export type FindingId = (typeof FINDING_IDS)[number];

export type Finding = {
  readonly id: FindingId;
  /** `error`: the cluster can't work. `warning`: fatal with `--strict` only. `note`: worth knowing. */
  readonly severity: "error" | "warning" | "note";
  /** What it is, in which file, and why it matters. Never a value that may be a secret. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
};
