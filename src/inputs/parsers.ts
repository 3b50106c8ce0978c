/** Parsers of inputs. Each throws an `InvalidValue` that names the problem and shows a valid value. */
import path from "node:path";
import { expandHome } from "../lib/home.ts";
import { REGISTRY_NAMES } from "../compose/environment.ts";
import type { Crunch, RegistryVariable, Watcher } from "../core/settings.ts";

/** What is wrong with a value; never with a secret in it. */
export class InvalidValue extends Error {}

const reject = (what: string): never => {
  throw new InvalidValue(what);
};
const quote = (text: string): string =>
  JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

/** `{cluster}-runner-xxxxxxxx` must fit into Phala's 63 characters. */
export const MAX_CLUSTER_NAME = 63 - "-runner-00000000".length;

/** Phala's rule for names: https://docs.phala.com (CVM names), and the SDK's own check. */
export function clusterName(text: string): string {
  if (text.length > MAX_CLUSTER_NAME)
    reject(
      `${quote(text)} has ${text.length} characters; at most ${MAX_CLUSTER_NAME}, so that NAME-runner-xxxxxxxx fits Phala's 63`,
    );
  if (!/^[A-Za-z]/.test(text)) reject(`${quote(text)} must start with a letter`);
  if (!/^[A-Za-z0-9-]+$/.test(text))
    reject(`${quote(text)} may have letters, digits and hyphens only`);
  if (text.includes("--")) reject(`${quote(text)} must not have two hyphens in a row`);
  if (text.endsWith("-")) reject(`${quote(text)} must not end with a hyphen`);
  return text;
}

export function accessKeyId(text: string): string {
  if (text.startsWith("ASIA"))
    reject(
      `${text.slice(0, 4)}… is a temporary key; it needs a session token, which the compose files don't pass on: use a key beginning AKIA`,
    );
  if (/^[A-Z0-9]{16,128}$/.test(text)) return text;
  // Operators swap the two AWS variables: a text that can't be an id may be the secret, and is not repeated.
  const what = /^[A-Z0-9]*$/.test(text) ? quote(text) : `a text of ${text.length} characters`;
  return reject(
    `invalid AWS access key id: ${what}; it has 16 to 128 capital letters and digits, such as AKIA… (is it the secret key?)`,
  );
}

/** For secrets: what is wrong is said, the value never. */
export function secret(minLength: number): (text: string) => string {
  return (text) => {
    if (/[\r\n]/.test(text)) reject("has a line break in it (copied with the line's end?)");
    if (/\s/.test(text)) reject("has a blank in it (copied with something around it?)");
    if (!/^[\x21-\x7e]+$/.test(text)) reject("has characters other than printable ASCII in it");
    // None of the forms of phala's environment files would carry it.
    if (["'", '"', "`", "#"].every((mark) => text.includes(mark)))
      reject(
        "has all three kinds of quotes and a # in it, which phala's environment files can't carry",
      );
    if (text.length < minLength)
      reject(`is too short: ${text.length} characters, at least ${minLength} are expected`);
    return text;
  };
}

/** Texts of a form that an example shows. */
const matching =
  (pattern: RegExp, what: string, example: string) =>
  (text: string): string =>
    pattern.test(text)
      ? text
      : reject(`invalid ${what}: ${quote(text)}: write one such as ${example}`);

export const region = matching(/^[a-z]{2,3}(-[a-z]+)+-\d+$/, "AWS region", "eu-west-1");
export const instanceType = matching(/^[a-z0-9]+(\.[a-z0-9-]+)+$/, "instance type", "tdx.medium");
export const domain = matching(
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i,
  "domain",
  "dstack-pha-prod10.phala.network (no scheme, no slash)",
);

/** One of a few words. */
export const oneOf =
  <const T extends string>(what: string, words: readonly T[]) =>
  (text: string): T =>
    words.find((word) => word === text) ??
    reject(`invalid ${what}: ${quote(text)}: use one of ${words.join(", ")}`);

export function plainText(text: string): string {
  if (text.trim() === "") reject("is empty");
  return /\p{Cc}/u.test(text) ? reject(`${quote(text)} has control characters in it`) : text;
}

/** A moment, as `phala logs` takes it: RFC 3339, or how long ago (`42m`, `1h30m`). */
export function moment(text: string): string {
  const isAgo = /^(\d+[smhd])+$/.test(text);
  const isDate = /^\d{4}-\d{2}-\d{2}(T|$)/.test(text) && !Number.isNaN(Date.parse(text));
  if (isAgo || isDate) return text;
  return reject(`invalid time: ${quote(text)}: write one such as 42m or 2026-01-31T09:00:00Z`);
}

/** It carries its bounds, for schemas/config.json. */
export function integer(
  minimum: number,
  maximum: number,
): ((text: string) => number) & {
  readonly range: { readonly minimum: number; readonly maximum: number };
} {
  const range =
    maximum === Number.MAX_SAFE_INTEGER ? `of ${minimum} or more` : `from ${minimum} to ${maximum}`;
  const parse = (text: string): number => {
    const value = Number(text);
    const fits = /^\d+$/.test(text) && value >= minimum && value <= maximum;
    return fits ? value : reject(`invalid number: ${quote(text)}: write a whole number ${range}`);
  };
  return Object.assign(parse, { range: { minimum, maximum } });
}

export function factor(text: string): number {
  const value = Number(text);
  return /^\d*\.?\d+$/.test(text) && value > 0 && value <= 1
    ? value
    : reject(`invalid number: ${quote(text)}: write a number above 0 and up to 1, such as 0.8`);
}

/** Of this program and its tools: no CVM may have them. */
const NOT_FOR_A_CVM = /^(?:PHALA_|TEE_CLUSTER_)/;

/** The name of a further variable; its value is taken from the environment later. */
export function registryVariable(text: string): RegistryVariable {
  // A value may be a secret, and is not repeated.
  if (text.includes("="))
    reject(
      "takes the name alone, as in --registry-env LOG_LEVEL: the value comes from the environment",
    );
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(text) || text === "__proto__")
    reject(`${quote(text)} is not a variable's name: use letters, digits and _`);
  if (text === "MODE" || REGISTRY_NAMES.includes(text))
    reject(`${text} is set by tee-cluster itself`);
  if (text === "DSTACK_AUTHORIZED_KEYS") reject(`${text} would open the registry to SSH`);
  if (NOT_FOR_A_CVM.test(text)) reject(`${text} is for this machine only and must not reach a CVM`);
  return { name: text, value: "" };
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

export function apiUrl(text: string): string {
  assertNoCredentials(text);
  assertNoQuery(text);
  parseUrl(text);
  return text.replace(/\/+$/, "").replace(/\/api\/v1$/, "");
}

/**
 * Looked for before anything of the text is repeated: an invalid one (`user:password@host` without a scheme,
 * a blank in the host) may hold a password all the same.
 */
function assertNoCredentials(text: string): void {
  if (text.includes("@")) reject("must not have credentials in it (there is an @)");
}

/** A path such as /health is put behind these URLs. */
function assertNoQuery(text: string): void {
  if (/[?#]/.test(text)) reject(`must not have a query or fragment after ${quoteUrl(text)}`);
}

/** What is in a query may be a token: it is not repeated. */
const quoteUrl = (text: string): string => quote(text.replace(/[?#].*$/s, ""));

/** `shown` is what the operator typed, where that is not the text that is parsed. */
function parseUrl(text: string, shown = text): URL {
  assertNoCredentials(text);
  const url = URL.canParse(text)
    ? new URL(text)
    : reject(`invalid URL: ${quoteUrl(shown)}: write one such as https://cloud-api.phala.network`);
  if (url.protocol === "https:") return url;
  if (url.protocol !== "http:") reject(`${quoteUrl(shown)} must begin with https://`);
  // A key over plain HTTP to another machine is a key given away.
  return LOOPBACK.test(url.hostname)
    ? url
    : reject(`${quoteUrl(shown)} must begin with https:// (http only to this machine)`);
}

export function gatewayTemplate(text: string): string {
  assertNoCredentials(text);
  assertNoQuery(text);
  const unknown = [...text.matchAll(/\{([^}]*)\}/g)].find(
    ([, name]) => !["app_id", "port", "node", "base_domain"].includes(name ?? ""),
  );
  if (unknown)
    reject(`${quote(text)}: ${unknown[0]} is none of {app_id}, {port}, {node}, {base_domain}`);
  for (const needed of ["{app_id}", "{port}"]) {
    if (!text.includes(needed)) reject(`${quote(text)} lacks ${needed}`);
  }
  const filled = text
    .replaceAll("{app_id}", "0".repeat(40))
    .replaceAll("{port}", "1")
    .replaceAll("{node}", "n")
    .replaceAll("{base_domain}", "example.com");
  if (/[{}]/.test(filled)) reject(`${quote(text)} has a brace that opens or closes nothing`);
  parseUrl(filled, text);
  return text;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `500ms`, `2s`, `10m`, `1h`. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const ms = match ? Number(match[1]) * (UNITS[match[2] ?? ""] ?? 0) : 0;
  return ms >= 1 && ms <= 24 * 3_600_000
    ? ms
    : reject(`invalid duration: ${quote(text)}: write one such as 500ms, 2s or 10m (up to 24h)`);
}

export function crunch(text: string): Crunch {
  const [id = "", ...rest] = text.split("=");
  if (!/^[A-Za-z0-9_-]+$/.test(id))
    reject(
      `${quote(text)}: the id may have letters, digits, _ and - only, as in bird_tracker=bird tracker`,
    );
  const name = rest.length === 0 ? id.replaceAll("_", " ") : rest.join("=").trim();
  return name === "" ? reject(`${quote(text)}: the name after = is empty`) : { id, name };
}

export function watcher(text: string): Watcher {
  const [type, ...rest] = text.split(":");
  const what = rest.join(":");
  if (type === "yaml" && what !== "") return { type, path: filePath(what) };
  if (type === "onchain" && what !== "") {
    parseUrl(what);
    return { type, url: what };
  }
  // A URL whose `onchain:` was forgotten.
  if (text.includes("//")) assertNoCredentials(text);
  return reject(`${quoteUrl(text)} is neither yaml:PATH nor onchain:URL`);
}

/** `~/` is the home folder. */
export const filePath = (text: string): string => expandHome(plainText(text));

/** An absolute path; `~` is the home folder. */
export function folder(text: string): string {
  return path.resolve(filePath(text));
}
