/** The form of the catalogue's entries. Loaded by `explain` and the generated docs only; else its types are used. */
import type { FailureKind } from "../cluster-error.ts";

/**
 * What a code can be: a failure of one of these kinds, a `warning` (with `--strict` a failed verification), or a
 * `finding` of `status`, which never ends a run by itself. Several are joined: `"conflict or finding"`.
 */
export type Role = FailureKind | "warning" | "finding";

type Texts = {
  /** What happened and why. */
  readonly cause: string;
  /** What to do; commands between backticks. */
  readonly remedy: string;
};

export type Entry<Roles extends string = string> = Texts & {
  readonly roles: Roles;
  /** A few words, as a heading has them. */
  readonly title: string;
  /** The page under `docs/` that has more. */
  readonly page: string;
};

/** The roles that a text like `"input or conflict"` names. */
export type RolesIn<Text extends string> = Text extends `${infer First} or ${infer Rest}`
  ? First | RolesIn<Rest>
  : Text;

/** Does not compile where `roles` names what is not a role. */
export function entry<const Roles extends string>(
  roles: RolesIn<Roles> extends Role ? Roles : never,
  title: string,
  page: string,
  texts: Texts,
): Entry<Roles> {
  return { roles, title, page, ...texts };
}
