/** Migrating an orchestrator.yml from schema v1 to v2; comments, order and everything else stay. Pure. */
import { command, hint } from "../core/command-hint.ts";
import type { Document } from "yaml";
import { ClusterError } from "../errors/cluster-error.ts";
import { applyChanges, orRefuse, type Change } from "./changes.ts";
import {
  isEmpty,
  readable,
  splitBom,
  assertPhalaRunner,
  RUNNER,
  unreadable,
  type Source,
} from "./document.ts";
import { configFindings, type ConfigFinding } from "./findings.ts";
import { FOREIGN_RUNNER_KEYS } from "./values.ts";

export type MigrationInputs = {
  /** Undefined: the one that the file has already. */
  readonly gatewayKeyPath: string | undefined;
  /** Undefined: the number that the file has as provision-factor. */
  readonly capacityThreshold: number | undefined;
  /** Where the file has no number either. */
  readonly defaultThreshold: number;
};

export type Migration = {
  readonly text: string;
  readonly gatewayKeyPath: string;
  readonly threshold: Threshold;
  /** What v2 does not know in sections that the migration leaves alone: they were like that before. */
  readonly remarks: readonly string[];
};

export type Threshold = {
  /** A text where the file has a variable in that place. */
  readonly value: unknown;
  readonly from: "input" | "provision-factor" | "capacity-threshold" | "default";
};

/**
 * Undefined where the file is of schema v2 already.
 * @throws ClusterError `config-unreadable`, `config-other-runner`, `config-not-v2` (conflict): what can't be understood, or
 *   would be refused by the orchestrator, is not written; `gateway-key-path-missing` (input).
 */
export function migrateToV2(
  existing: string,
  path: string,
  inputs: MigrationInputs,
): Migration | undefined {
  const source = { path, advice: ADVICE };
  const [bom, text] = splitBom(existing);
  const document = readable(text, source);
  if (isEmpty(document) || !document.hasIn(RUNNER))
    throw unreadable(source, `has no ${RUNNER.join(".")}`);
  assertPhalaRunner(document, source);
  if (isV2(document)) return undefined;
  const gatewayKeyPath =
    inputs.gatewayKeyPath ?? textAt(document, "gateway-key-path") ?? keyMissing(path);
  const changes = changesFor(document, { ...inputs, gatewayKeyPath });
  const migrated = orRefuse(() => applyChanges(text, changes), { text, document }, source);
  const after = readable(migrated, source);
  const remarks = validated(migrated, source);
  const threshold = {
    value: valueAt(after, "capacity-threshold"),
    from: thresholdFrom(document, inputs),
  };
  return { text: bom + migrated, gatewayKeyPath, threshold, remarks };
}

const ADVICE = {
  unreadable: hint`fix the file, or name another one: ${command("config migrate", "FILE")}`,
  otherRunner: hint`name another file: ${command("config migrate", "FILE")}`,
};

const valueAt = (document: Document, key: string): unknown => document.getIn([...RUNNER, key]);
const has = (document: Document, key: string): boolean => document.hasIn([...RUNNER, key]);

function textAt(document: Document, key: string): string | undefined {
  const value = valueAt(document, key);
  return typeof value === "string" ? value : undefined;
}

function isV2(document: Document): boolean {
  return (
    FOREIGN_RUNNER_KEYS.v1.every((key) => has(document, key)) &&
    !FOREIGN_RUNNER_KEYS.v2.some((key) => has(document, key))
  );
}

/** A number that is given, else the operator's own: the orchestrator renamed the key and kept its range. */
function thresholdFrom(
  document: Document,
  { capacityThreshold }: MigrationInputs,
): Threshold["from"] {
  if (capacityThreshold !== undefined) return "input";
  if (has(document, "capacity-threshold")) return "capacity-threshold";
  return has(document, "provision-factor") ? "provision-factor" : "default";
}

function changesFor(document: Document, inputs: MigrationInputs): readonly Change[] {
  const { gatewayKeyPath, capacityThreshold } = inputs;
  const from = thresholdFrom(document, inputs);
  const threshold = capacityThreshold ?? (from === "default" ? inputs.defaultThreshold : undefined);
  const renames = !has(document, "capacity-threshold") && has(document, "provision-factor");
  return [
    renames
      ? { kind: "rename", path: RUNNER, key: "provision-factor", to: "capacity-threshold" }
      : removal("provision-factor"),
    ...(threshold === undefined
      ? []
      : [setting("capacity-threshold", threshold, ["memory-per-model-mb"])]),
    setting("gateway-key-path", gatewayKeyPath, ["runner-compose-path"]),
    removal("cluster-urls"),
    removal("registry-compose-path"),
  ];
}

const setting = (key: string, value: unknown, after: readonly string[]): Change => ({
  kind: "set",
  path: RUNNER,
  key,
  value,
  after,
});

const removal = (key: string): Change => ({ kind: "remove", path: RUNNER, key });

/** Refuses what the orchestrator of v2 would refuse of its runner. @returns what it would refuse elsewhere. */
function validated(text: string, { path }: Source): readonly string[] {
  const found = configFindings(text, "v2");
  const own = found.filter(({ message }) => message.startsWith(RUNNER.join(".")));
  if (own.length === 0) return found.map(inWords);
  throw new ClusterError("conflict", "config-not-v2", {
    message: `${path} would not be of schema v2; it was not changed:\n${own.map(inWords).join("\n")}`,
    hint: `fix that in ${path}, then run the same command again`,
  });
}

const inWords = ({ line, message }: ConfigFinding): string =>
  line === undefined ? message : `line ${line}: ${message}`;

function keyMissing(path: string): never {
  throw new ClusterError("input", "gateway-key-path-missing", {
    message: `schema v2 needs the coordinator's key, and neither ${path} nor an input names it`,
    hint: "give it with --gateway-key-path (GATEWAY_KEY_PATH)",
  });
}
