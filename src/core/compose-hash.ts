/**
 * The app-compose, which describes what a CVM runs, and its hash.
 *
 * The compose hash is SHA-256 over the app-compose as compact JSON with the keys of every object sorted; arrays keep their
 * order. Source: dstack's `get-compose-hash` in `@phala/dstack-sdk` (a test compares them). Reimplemented, because the main
 * entry of that package loads a wallet stack.
 */
import { hash } from "node:crypto";
import type { ComposeHash } from "./domain.ts";

/** An app-compose as the API returns it. Unknown fields are kept, because they are part of the hash. */
export type AppCompose = {
  readonly docker_compose_file?: string | undefined;
  readonly allowed_envs?: readonly string[] | undefined;
  readonly pre_launch_script?: string | null | undefined;
  readonly [field: string]: unknown;
};

/** The compact JSON of `value` with sorted keys: the exact text that is measured. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sortKeys(value));
}

/** The compose hash of an app-compose: 64 lower-case hex digits. */
export function composeHashOf(appCompose: AppCompose): ComposeHash {
  return sha256Hex(canonicalJson(appCompose)) as ComposeHash;
}

/** SHA-256 of a text (as UTF-8) or of bytes, as lower-case hex. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash("sha256", data, "hex");
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sortKeys(member)]));
}
