/**
 * Every finding that a compose file can give, with its severities; the first one is the default. `doctor --ignore` takes
 * the codes. The table of docs/compose.md describes them, and `explain` prints that.
 */
import type { Finding, Severity } from "../core/finding.ts";

type Severities = Severity | `${Severity} or ${Severity}`;

export const CATALOGUE = {
  "compose-invalid": "error",
  "interpolation-invalid": "error",
  "undeclared-reference": "error",
  "external-resource": "error",
  "build-local": "error",
  "built-on-cvm": "warning",
  "image-missing": "error",
  "local-file": "error or warning",
  "local-mount": "error",
  "service-never-runs": "error or warning",
  "port-not-published": "error",
  "port-unreachable": "error",
  "placeholder-missing": "error",
  "variable-in-other-service": "error or warning",
  "variable-misspelt": "error or warning",
  "value-quoted": "error or warning",
  "variable-twice": "error or warning",
  "variable-malformed": "error",
  "required-but-empty": "error",
  "placeholder-not-set": "warning or error",
  "wallet-not-passed": "error",
  "mode-wrong": "error",
  "name-not-read": "warning or note",
  "approved-hash-default": "error",
  "secret-default": "error",
  "secret-written-in": "warning",
  "debug-mode": "error or warning",
  "web-shell": "error",
  "host-mount": "warning or note",
  "host-namespace": "warning or note",
  "port-exposed": "warning",
  privileged: "note or warning",
  "image-not-pinned": "warning",
  "images-differ": "warning",
  "line-ends": "warning",
  "base-domain-default": "note",
  "base-domain-fixed": "warning",
  "base-domain-runner": "warning",
  "base-domain-given": "warning",
  "base-domain-orchestrator": "warning",
} as const satisfies Record<string, Severities>;

export type FindingCode = keyof typeof CATALOGUE;

export const FINDING_CODES = Object.keys(CATALOGUE) as readonly FindingCode[];

export type ComposeFinding = Finding<FindingCode>;

export const severitiesOf = (code: FindingCode): readonly Severity[] =>
  CATALOGUE[code].split(" or ") as Severity[];
