/** `tee-cluster.yml`: the same inputs as the flags, under the flags' names. Secrets are not taken from it. */
import { isErrno } from "../lib/errno.ts";
import { readFile } from "../lib/local-files.ts";
import { command, hint, type Words } from "../core/command-hint.ts";
import { isUtf8 } from "node:buffer";
import { isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { ClusterError } from "../errors/cluster-error.ts";
import { INPUTS, type InputDefinition, type InputKey } from "./table.ts";
import { DEFAULT_CONFIG_FILE } from "../core/settings.ts";
import { closest } from "../lib/closest.ts";
import { yamlErrorInWords } from "../lib/yaml-error.ts";

/** Bytes. A larger file is another file, named by mistake. */
const MAX_BYTES = 64 * 1024;
/** Where keys go, and which program gets them: not for a file that a repository happens to have to say. */
export const ONLY_IN_NAMED_FILES: ReadonlySet<string> = new Set([
  "phala-api-url",
  "phala-bin",
  "gateway-url",
  "collateral-url",
  "state-dir",
]);

export type ConfigFile = {
  /** Undefined: there is none. */
  readonly path: string | undefined;
  readonly values: Partial<Record<InputKey, string | readonly string[]>>;
  /** Where each stands, from 1. */
  readonly lines?: Partial<Record<InputKey, number>>;
};

/**
 * Reads the config file. The default one may be missing, one that was named may not.
 * @throws ClusterError `config-file-…` (input), with the line where it is known.
 */
export async function readConfigFile(
  named: string | undefined,
  signal?: AbortSignal,
): Promise<ConfigFile> {
  const path = named ?? DEFAULT_CONFIG_FILE;
  let bytes: Buffer;
  try {
    bytes = await readFile(path, signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (named === undefined && isErrno(error, "ENOENT")) return { path: undefined, values: {} };
    throw invalid(
      path,
      `can't be read: ${(error as Error).message}`,
      "give another one with --config",
    );
  }
  const pairs = pairsIn(textOf(bytes, path), path);
  if (named === undefined) assertNoDestinations(pairs, path);
  return { path, ...valuesOf(pairs, path) };
}

/** @throws ClusterError `config-file-not-trusted` (input) where a file that was only found says where secrets go. */
function assertNoDestinations(pairs: readonly Pair[], path: string): void {
  const found = pairs.filter(({ key }) => ONLY_IN_NAMED_FILES.has(key));
  if (found.length === 0) return;
  const keys = found.map(({ key, line }) => `${key} (line ${line})`).join(", ");
  throw new ClusterError("input", "config-file-not-trusted", {
    message: `config file ${path}: ${keys}: a file that was not named may not set where secrets go`,
    hint: `if you trust the file, name it: --config ${path}; otherwise remove the line, or use the flag or variable`,
  });
}

function textOf(bytes: Buffer, path: string): string {
  const remedy = "give another one with --config";
  if (bytes.length > MAX_BYTES)
    throw invalid(
      path,
      `has ${bytes.length} bytes, more than the ${MAX_BYTES} of any list of inputs`,
      remedy,
    );
  if (!isUtf8(bytes) || bytes.includes(0))
    throw invalid(path, "is not a text file (UTF-8)", remedy);
  return bytes.toString("utf8");
}

function valuesOf(
  pairs: readonly Pair[],
  path: string,
): Required<Pick<ConfigFile, "values" | "lines">> {
  const values: Partial<Record<InputKey, string | readonly string[]>> = {};
  const lines: Partial<Record<InputKey, number>> = {};
  for (const { key, value, line } of pairs) {
    const where = `${path}:${line}`;
    const definition = definitionFor(key, where);
    values[definition.key] = valueOf(definition, value, where);
    lines[definition.key] = line;
  }
  return { values, lines };
}

type Pair = { readonly key: string; readonly value: unknown; readonly line: number };

/** None in a file of comments alone. */
function pairsIn(text: string, path: string): readonly Pair[] {
  const lines = new LineCounter();
  const { contents, errors } = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = errors;
  if (error) {
    const { line } = lines.linePos(error.pos[0]);
    throw invalid(`${path}:${line}`, yamlErrorInWords(error), "fix the YAML in that line");
  }
  if (contents === null) return [];
  if (!("items" in contents) || isSeq(contents))
    throw invalid(
      path,
      "is not a mapping of inputs",
      "write lines such as `cluster-name: bird-tracker`",
    );
  return (contents.items as { key: unknown; value: unknown }[]).map(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : String(key);
    const line = isScalar(key) && key.range ? lines.linePos(key.range[0]).line : 0;
    const items = isSeq(value) ? value.items.map(itemAsWritten) : asWritten(value);
    return { key: name, value: items, line };
  });
}

const itemAsWritten = (item: unknown): unknown =>
  isScalar(item) && item.value === null ? null : asWritten(item);

/** The text of a scalar: `0123` and `1e3` are ids here, not numbers. */
function asWritten(node: unknown): unknown {
  return isScalar(node) ? (node.source ?? node.value) : node;
}

/** People write a secret's key as the variable is written, too. */
const likeFlag = (name: string): string => name.toLowerCase().replaceAll("_", "-");

function definitionFor(key: string, where: string): InputDefinition {
  const definition = INPUTS.find((input) => input.flag === key);
  if (definition) return definition;
  const secret = INPUTS.find(
    (input) => input.secret && input.variables.some((v) => likeFlag(v) === likeFlag(key)),
  );
  if (secret)
    throw invalid(
      where,
      `${key} is a secret and does not belong in a file`,
      `put it into the environment: ${secret.variables[0]}`,
    );
  const suggestion = closest(
    key,
    INPUTS.flatMap((input) => input.flag ?? []),
  );
  throw invalid(
    where,
    `there is no input ${JSON.stringify(key)}`,
    suggestion === undefined
      ? hint`see all inputs: ${command("init", "--help-all")}`
      : `did you mean ${suggestion}?`,
  );
}

function isText(item: unknown): item is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof item);
}

function valueOf(
  definition: InputDefinition,
  value: unknown,
  where: string,
): string | readonly string[] {
  if (isText(value)) return definition.repeatable ? [String(value)] : String(value);
  if (definition.repeatable && Array.isArray(value) && value.every(isText))
    return value.map(String);
  const wanted = definition.repeatable ? "a text or a list of texts" : "a text or a number";
  throw invalid(
    where,
    `${definition.flag} must be ${wanted}`,
    `write it as: ${definition.flag}: <${definition.placeholder}>`,
  );
}

function invalid(where: string, what: string, advice: Words): ClusterError {
  return new ClusterError("input", "config-file-invalid", {
    message: `config file ${where}: ${what}`,
    hint: advice,
  });
}
