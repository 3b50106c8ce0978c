/** orchestrator.yml: values in, YAML text out. Pure. */
import { Document, isMap, isScalar, parseDocument, Scalar, type Node, type YAMLMap } from "yaml";
import { ClusterError } from "../errors.ts";
import type { ClusterSettings } from "../inputs/types.ts";
import { COMMENTS, HEADER } from "./comments.ts";
import { orchestratorSchemas } from "./schemas.ts";

export type OrchestratorValues = {
  readonly settings: ClusterSettings;
  readonly phalaApiUrl: string;
  /** With the literal `<model-port>`; schema v1 only. */
  readonly clusterUrls: readonly string[];
};

type Plain = Readonly<Record<string, unknown>>;

/** The runner block: the keys that are ours, also in a file that others have edited. */
export function runnerBlock({ settings, phalaApiUrl, clusterUrls }: OrchestratorValues): Plain {
  const v1 = settings.orchestratorSchema === "v1";
  return {
    type: "phala",
    "cluster-name": settings.clusterName,
    "phala-api-url": phalaApiUrl,
    ...(v1 ? { "cluster-urls": clusterUrls, "registry-compose-path": settings.registryCompose } : {}),
    "runner-compose-path": settings.runnerCompose,
    ...(v1 ? {} : { "gateway-key-path": settings.gatewayKeyPath }),
    "spawntee-port": settings.spawnteePort,
    "request-timeout": 60,
    "instance-type": settings.instanceType,
    "memory-per-model-mb": settings.memoryPerModelMb,
    [v1 ? "provision-factor" : "capacity-threshold"]: settings.provisionFactor,
    "max-models": settings.maxModels,
  };
}

function wholeConfig(values: OrchestratorValues): Plain {
  const { settings } = values;
  const { watcher } = settings;
  return {
    logging: { level: "info" },
    infrastructure: {
      database: { type: "sqlite", path: "orchestrator.db" },
      publishers: [{ type: "websocket", address: "127.0.0.1", port: 9091 }],
      runner: runnerBlock(values),
    },
    watcher: {
      interval: settings.watcherIntervalSeconds,
      poller:
        watcher.type === "yaml"
          ? { type: "yaml", path: watcher.path }
          : { type: "onchain", url: watcher.url },
    },
    crunches: settings.crunches.map(({ id, name }) => ({ id, name, infrastructure: { zone: "phala" } })),
  };
}

/** A new file, with the comments that a person would want. */
export function renderConfig(values: OrchestratorValues): string {
  const config = wholeConfig(values);
  orchestratorSchemas[values.settings.orchestratorSchema].parse(config);
  const document = new Document(quoteStrings(config));
  document.commentBefore = HEADER;
  explain(document);
  return print(document);
}

/**
 * An existing file with our keys brought up to date: comments, order and what others put there stay. Returns the
 * very same text where nothing differs.
 * @throws ClusterError `config-unreadable` (conflict): nothing is written over what can't be understood.
 */
export function updateConfig(existing: string, values: OrchestratorValues, path: string): string {
  const document = parseDocument(existing, { keepSourceTokens: true });
  const [error] = document.errors;
  if (error) throw unreadable(path, `is not YAML: ${error.message.split("\n")[0]}`);
  if (document.contents === null) return renderConfig(values);
  if (!isMap(document.contents)) throw unreadable(path, "is not a mapping");
  const whole = wholeConfig(values);
  let changed = addMissing(document, whole);
  const runner = document.getIn(["infrastructure", "runner"], true);
  if (!isMap(runner)) throw unreadable(path, "has an infrastructure.runner that is not a mapping");
  changed = dropOtherSchema(runner, values) || changed;
  for (const [key, value] of Object.entries(runnerBlock(values))) {
    // The time-out is ours only in a new file.
    if (key === "request-timeout" && runner.has(key)) continue;
    changed = setValue(runner, key, value) || changed;
  }
  return changed ? print(document) : existing;
}

/** Adds the sections that a file lacks; never changes one that is there. */
function addMissing(document: Document, whole: Plain): boolean {
  const infrastructure = whole["infrastructure"] as Plain;
  const paths: [string[], unknown][] = [
    [["logging"], whole["logging"]],
    ...Object.entries(infrastructure).map(([key, value]): [string[], unknown] => [
      ["infrastructure", key],
      value,
    ]),
    [["watcher"], whole["watcher"]],
    [["crunches"], whole["crunches"]],
  ];
  const missing = paths.filter(([where]) => !document.hasIn(where));
  for (const [where, value] of missing) document.setIn(where, document.createNode(quoteStrings(value)));
  return missing.length > 0;
}

/** Keys that only the other schema knows: the orchestrator refuses a file with them. */
function dropOtherSchema(runner: YAMLMap, { settings }: OrchestratorValues): boolean {
  const others =
    settings.orchestratorSchema === "v1"
      ? ["capacity-threshold", "gateway-key-path"]
      : ["cluster-urls", "registry-compose-path", "provision-factor"];
  return others.map((key) => runner.delete(key)).includes(true);
}

/** Sets a value if it differs; the comment behind it stays. */
function setValue(map: YAMLMap, key: string, value: unknown): boolean {
  const before = map.get(key, true) as Node | undefined;
  if (before && JSON.stringify(before.toJSON()) === JSON.stringify(value)) return false;
  const node = new Document(quoteStrings(value)).contents as Node;
  if (isScalar(before) && before.comment) node.comment = before.comment;
  map.set(key, node);
  return true;
}

function explain(document: Document): void {
  for (const [path, comment] of Object.entries(COMMENTS)) {
    const where = path.split("/");
    const parent = document.getIn(where.slice(0, -1), true) ?? document.contents;
    if (!isMap(parent)) continue;
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === where.at(-1));
    if (pair && isScalar(pair.key)) pair.key.commentBefore = comment;
  }
}

/** Every text in double quotes: no YAML reader takes `on`, `1e3` or a date for something else then. */
function quoteStrings(value: unknown): unknown {
  if (typeof value === "string") {
    const scalar = new Scalar(value.replaceAll("$", DOLLAR));
    scalar.type = Scalar.QUOTE_DOUBLE;
    return scalar;
  }
  if (Array.isArray(value)) return value.map(quoteStrings);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, quoteStrings(member)]));
}

/** Stands for a dollar until the text is printed; from Unicode's private use area, so no value has it. */
const DOLLAR = "\u{e024}";

/**
 * The orchestrator expands $VAR and ${VAR} in the text before it parses it. An escape within the quotes survives
 * that and is a dollar again afterwards. What others wrote into the file is meant to be expanded, and stays.
 */
function print(document: Document): string {
  return document.toString({ lineWidth: 0 }).replaceAll(DOLLAR, "\\x24");
}

function unreadable(path: string, what: string): ClusterError {
  return new ClusterError({
    kind: "conflict",
    code: "config-unreadable",
    message: `${path} ${what}; it was left as it is`,
    hint: "mend or move the file, or write another one with --orchestrator-config; then run the same command again",
  });
}
