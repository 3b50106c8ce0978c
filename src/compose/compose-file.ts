/** Reading a compose file: its exact text, which is measured, and what the checks need to know of it. */
import { isErrno } from "../lib/errno.ts";
import { readFile, stat } from "../lib/local-files.ts";
import type { Code } from "../errors/catalogue.ts";
import { LineCounter, parseDocument, type Document } from "yaml";
import { sha256Hex } from "../core/compose-hash.ts";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import { placeholdersIn, type Placeholder } from "./interpolation.ts";
import { resolveCompose, type Service } from "./services.ts";
import { at, entriesOf, itemsOf, leavesOf, textOf, treeOf, type Tree } from "./tree.ts";

/** `MAX_COMPOSE_PAYLOAD_BYTES` of `@phala/cloud`: compose text and pre-launch script together. */
export const MAX_COMPOSE_BYTES = 200 * 1024;

export type ComposeFile = {
  /** As given. */
  readonly path: string;
  /** Byte for byte: a changed comment makes another compose hash. */
  readonly text: string;
  /** SHA-256 of the text. */
  readonly digest: string;
  /** The content as written, aliases and merge keys resolved. */
  readonly root: Tree;
  /** As they run where no variable is set. */
  readonly services: readonly Service[];
  /** Every variable that the file takes, in order of first appearance. */
  readonly placeholders: readonly Placeholder[];
};

/** @throws ClusterError (prerequisite) that says what is wrong with the file and what to do. */
export async function readComposeFile(path: string): Promise<ComposeFile> {
  return parseCompose(await readComposeText(path), path);
}

/** The text alone, whatever it says. @throws ClusterError (prerequisite) for a file that can't be read, or is no text. */
export async function readComposeText(path: string): Promise<string> {
  const bytes = await bytesOf(path);
  if (bytes.length > MAX_COMPOSE_BYTES) {
    const what = `has ${bytes.length} bytes; Phala takes ${MAX_COMPOSE_BYTES / 1024} KB at most`;
    throw broken(path, "compose-too-large", what, "make it shorter");
  }
  return decode(bytes, path);
}

/** A named pipe would block, a device never end: only files are read. */
async function bytesOf(path: string): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (found.isFile()) return await readFile(path);
    if (found.isDirectory())
      throw broken(path, "compose-not-a-file", "is a directory", "give the path of the file in it");
    const remedy = "save it as a file and give its path";
    throw broken(path, "compose-not-a-file", "is not a regular file", remedy);
  } catch (error) {
    throw error instanceof ClusterError ? error : unreadable(path, error);
  }
}

/**
 * What a compose text says. Whether docker compose accepts all of it is looked at by the rules.
 * @throws ClusterError (prerequisite) where there is no mapping `services` with a service.
 */
export function parseCompose(text: string, path: string): ComposeFile {
  const remedy = "give a compose file with the spawntee service";
  if (text.trim() === "") throw broken(path, "compose-empty", "is empty", remedy);
  const lines = new LineCounter();
  // Docker compose knows merge keys (`<<: *common`), which YAML 1.2 readers leave alone unless told.
  const document = parseDocument(text, { prettyErrors: true, merge: true, lineCounter: lines });
  const [error] = document.errors;
  if (error) throw notYaml(path, error.message);
  checkAliases(document, path);
  const root = treeOf(document, lines);
  assertServices(root, path);
  return {
    path,
    text,
    digest: sha256Hex(text),
    root,
    services: resolveCompose(root, () => undefined).services,
    placeholders: placeholdersIn(
      [...textsOf(root), ...namesTaken(root).map((name) => `\${${name}}`)].join("\n"),
    ),
  };
}

function assertServices(root: Tree, path: string): void {
  const services = at(root, "services");
  if (services?.kind === "map" && services.entries.size > 0) return;
  const why = services === undefined ? "`services` is missing" : "there is no service in it";
  const remedy = "it needs a mapping `services` with at least one service";
  throw broken(path, "compose-malformed", `is not a compose file: ${why}`, remedy);
}

const textsOf = (root: Tree): readonly string[] =>
  leavesOf(root).flatMap(({ node }) => (typeof node.value === "string" ? [node.value] : []));

/**
 * Variables that are taken by name, without a dollar sign: a name without a value in `environment`, and
 * `environment` of a secret or config. Overlooked, a registry would be deployed without its AWS keys.
 */
function namesTaken(root: Tree): readonly string[] {
  const environments = entriesOf(at(root, "services")).map(([, service]) =>
    at(service, "environment"),
  );
  const passed = environments.flatMap((environment) => [
    ...entriesOf(environment).flatMap(([name, value]) =>
      textOf(value) === undefined ? [name] : [],
    ),
    ...itemsOf(environment).flatMap((item) => textOf(item) ?? []),
  ]);
  const files = ["secrets", "configs"].flatMap((key) => entriesOf(at(root, key)));
  return [...passed, ...files.flatMap(([, file]) => textOf(at(file, "environment")) ?? [])].filter(
    (name) => /^[A-Za-z_]\w*$/.test(name),
  );
}

/** @throws ClusterError for an alias without its anchor, or aliases that unfold without end. */
function checkAliases(document: Document, path: string): void {
  try {
    document.toJS();
  } catch (error) {
    throw notYaml(path, messageOf(error));
  }
}

function decode(bytes: Buffer, path: string): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Reported below, like a NUL byte.
  }
  throw broken(path, "compose-binary", "is not text (UTF-8)", "give a compose file");
}

function unreadable(path: string, error: unknown): ClusterError {
  const remedy =
    "give its path with --registry-compose or --runner-compose, or run where the orchestrator runs";
  if (isErrno(error, "ENOENT")) return broken(path, "compose-missing", "does not exist", remedy);
  const what = `can't be read: ${messageOf(error)}`;
  return broken(path, "compose-unreadable", what, "check its permissions");
}

function notYaml(path: string, reason: string): ClusterError {
  const [what = ""] = reason.split("\n");
  const message = `is not valid YAML: ${what.replace(/:$/, "")}`;
  return broken(path, "compose-not-yaml", message, "fix the syntax");
}

function broken(
  path: string,
  code: Extract<Code, `compose-${string}`>,
  what: string,
  hint: string,
): ClusterError {
  return new ClusterError("prerequisite", code, { message: `compose file ${path} ${what}`, hint });
}
