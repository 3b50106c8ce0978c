/**
 * Every code of a failure, a warning or a finding of `status`, once. `explain` and docs/errors.md are made of it, and a
 * code that is not in it does not compile. A run loads none of it: only the types are imported at start-up. The
 * findings of compose files are in `compose/catalogue.ts`.
 */
import { ATTESTATION } from "./catalogue/attestation.ts";
import { CHECKS } from "./catalogue/checks.ts";
import { CLUSTER } from "./catalogue/cluster.ts";
import { type Entry, type RolesIn } from "./catalogue/entry.ts";
import { FILES } from "./catalogue/files.ts";
import { PLATFORM } from "./catalogue/platform.ts";
import { RUN } from "./catalogue/run.ts";

const CODES = { ...RUN, ...CHECKS, ...FILES, ...PLATFORM, ...CLUSTER, ...ATTESTATION };
type Codes = typeof CODES;

export type Code = keyof Codes;
type RoleOf<C extends Code> = { [K in C]: Codes[K] extends Entry<infer R> ? RolesIn<R> : never }[C];
type CodeWith<R extends string> = { [K in Code]: R & RoleOf<K> extends never ? never : K }[Code];

/** What a code may be thrown as. A warning is a failed verification with `--strict`. */
export type KindOf<C extends Code> =
  | Exclude<RoleOf<C>, "warning" | "finding">
  | (C extends WarningCode ? "verification" : never);
export type WarningCode = CodeWith<"warning"> | CheckCode | keyof typeof ATTESTATION;
export type StatusCode = CodeWith<"finding">;
export type CheckCode = keyof typeof CHECKS;

export const CATALOGUE: Readonly<Record<Code, Entry>> = CODES;
