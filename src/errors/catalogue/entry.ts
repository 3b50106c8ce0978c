/** The form of the catalogue's entries. Loaded by `explain` and the generated docs only; else its types are used. */
import type { FailureKind } from "../cluster-error.ts";

/**
 * What a code can be: a failure of one of these kinds, a `warning` (with `--strict` a failed verification), or a
 * `finding` of `status`, which never ends a run by itself. Several are joined: `"conflict or finding"`.
 */
export type Role = FailureKind | "warning" | "finding";

export type Entry<Roles extends string = string> = {
  readonly roles: Roles;
  /** A few words, as a heading has them. */
  readonly title: string;
  /** The page under `docs/` that has more. */
  readonly page: string;
  /** What happened and why. */
  readonly cause: string;
  /** What to do; commands between backticks. */
  readonly remedy: string;
};

/** The roles that a text like `"input or conflict"` names. */
export type RolesIn<Text extends string> = Text extends `${infer First} or ${infer Rest}`
  ? First | RolesIn<Rest>
  : Text;

/** Entries that a page under `docs/` says more of. One whose `roles` name what is not a role does not compile. */
const entriesIn =
  (page: string) =>
  <const Roles extends string>(
    roles: RolesIn<Roles> extends Role ? Roles : never,
    title: string,
  ) => ({
    cause: (cause: string) => ({
      remedy: (remedy: string): Entry<Roles> => ({ roles, title, page, cause, remedy }),
    }),
  });

export const inAttestation = entriesIn("attestation.md");
export const inCompletion = entriesIn("completion.md");
export const inCompose = entriesIn("compose.md");
export const inConfig = entriesIn("config.md");
export const inDestroy = entriesIn("destroy.md");
export const inDoctor = entriesIn("doctor.md");
export const inErrors = entriesIn("errors.md");
export const inGate = entriesIn("gate.md");
export const inHash = entriesIn("hash.md");
export const inHistory = entriesIn("history.md");
export const inInputs = entriesIn("inputs.md");
export const inList = entriesIn("list.md");
export const inLogs = entriesIn("logs.md");
export const inReliability = entriesIn("reliability.md");
export const inRotateHash = entriesIn("rotate-hash.md");
export const inSandbox = entriesIn("sandbox.md");
export const inSchemaV2 = entriesIn("schema-v2.md");
export const inState = entriesIn("state.md");
export const inStatus = entriesIn("status.md");
