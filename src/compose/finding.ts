/** What was found in a compose file: one shape for requirements and lint. */
export type Finding = {
  /** Stable, kebab-case: `image-not-pinned`. */
  readonly id: string;
  /** `error`: the cluster can't work. `warning`: fatal with `--strict` only. `note`: worth knowing. */
  readonly severity: "error" | "warning" | "note";
  /** What it is, in which file, and why it matters. Never a value that may be a secret. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
};
