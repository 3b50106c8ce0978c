/** Reading a compose file: its exact text, which is measured, and what the checks need to know of it. */
import { readFile, stat } from "node:fs/promises";
import { parseDocument, visit, type Document } from "yaml";
import { z } from "zod";
import { sha256Hex } from "../core/compose-hash.ts";
import { ClusterError, messageOf } from "../errors/cluster-error.ts";
import { placeholdersIn, type Placeholder } from "./placeholders.ts";
import { publishedPorts } from "./ports.ts";

/** `MAX_COMPOSE_PAYLOAD_BYTES` of `@phala/cloud`: compose text and pre-launch script together. */
export const MAX_COMPOSE_BYTES = 200 * 1024;

export type ComposeService = {
  readonly name: string;
  readonly image: string | null;
  readonly privileged: boolean;
  /** Names of the variables in its `environment`, with the text of their value. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ports on the host side. */
  readonly publishedPorts: ReadonlySet<number>;
};

export type ComposeFile = {
  /** As given. */
  readonly path: string;
  /** Byte for byte: a changed comment makes another compose hash. */
  readonly text: string;
  /** SHA-256 of the text. */
  readonly digest: string;
  readonly services: readonly ComposeService[];
  readonly placeholders: readonly Placeholder[];
};

/** @throws ClusterError (prerequisite) that says what is wrong with the file and what to do. */
export async function readComposeFile(path: string): Promise<ComposeFile> {
  const bytes = await bytesOf(path);
  if (bytes.length > MAX_COMPOSE_BYTES) {
    const limit = `${MAX_COMPOSE_BYTES / 1024} KB`;
    throw broken(
      path,
      "compose-too-large",
      `has ${bytes.length} bytes; Phala takes ${limit} at most`,
      "make it shorter",
    );
  }
  return parseCompose(decode(bytes, path), path);
}

/** A named pipe would block, a device never end: only files are read. */
async function bytesOf(path: string): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (found.isFile()) return await readFile(path);
    if (found.isDirectory())
      throw broken(path, "compose-not-a-file", "is a directory", "give the path of the file in it");
    throw broken(path, "compose-not-a-file", "is not a regular file", "save it as a file and give its path");
  } catch (error) {
    throw error instanceof ClusterError ? error : unreadable(path, error);
  }
}

/** @throws ClusterError (prerequisite). */
export function parseCompose(text: string, path: string): ComposeFile {
  if (text.trim() === "")
    throw broken(path, "compose-empty", "is empty", "give a compose file with the spawntee service");
  // Docker compose knows merge keys (`<<: *common`), which YAML 1.2 readers leave alone unless told.
  const document = parseDocument(text, { prettyErrors: true, merge: true });
  const [error] = document.errors;
  if (error) throw notYaml(path, error.message);
  const shape = composeSchema.safeParse(plainValue(document, path));
  if (!shape.success) {
    const [issue] = shape.error.issues;
    const where = issue?.path.join(".") || "the document";
    throw broken(
      path,
      "compose-malformed",
      `is not a compose file: ${where}: ${issue?.message}`,
      "it needs a mapping `services` with at least one service",
    );
  }
  const services = Object.entries(shape.data.services).map(([name, service]) => serviceOf(name, service));
  const passedOn = services.flatMap(({ environment }) => Object.values(environment));
  return {
    path,
    text,
    digest: sha256Hex(text),
    services,
    placeholders: placeholdersIn([...scalarsOf(document), ...passedOn].join("\n")),
  };
}

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const serviceSchema = z.looseObject({
  image: z.string().optional(),
  privileged: z.boolean().optional(),
  ports: z
    .array(
      z.union([
        z.string(),
        z.number(),
        z.looseObject({ published: z.union([z.string(), z.number()]).optional() }),
      ]),
    )
    .optional(),
  environment: z.union([z.array(z.string()), z.record(z.string(), scalar)]).optional(),
});
const composeSchema = z.looseObject({
  services: z
    .record(z.string(), serviceSchema)
    .refine((services) => Object.keys(services).length > 0, "there is no service"),
});

function serviceOf(name: string, service: z.infer<typeof serviceSchema>): ComposeService {
  return {
    name,
    image: service.image ?? null,
    privileged: service.privileged ?? false,
    environment: environmentOf(service.environment),
    publishedPorts: publishedPorts(service.ports ?? []),
  };
}

/**
 * Both spellings: a list of `NAME=value`, or a mapping. A name without a value takes the variable of that name,
 * so it says the same as `NAME=${NAME}`; overlooked, a registry would be deployed without its AWS keys.
 */
function environmentOf(environment: z.infer<typeof serviceSchema>["environment"]): Record<string, string> {
  if (environment === undefined) return {};
  if (!Array.isArray(environment)) {
    return Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        value === null ? `\${${name}}` : String(value),
      ]),
    );
  }
  return Object.fromEntries(
    environment.map((line) => {
      const [name = "", ...value] = line.split("=");
      return [name, value.length === 0 ? `\${${name}}` : value.join("=")];
    }),
  );
}

/** @throws ClusterError for an alias without its anchor, or aliases that unfold without end. */
function plainValue(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw notYaml(path, messageOf(error));
  }
}

/** The texts of all values: a `$` in a comment or a key is no placeholder. */
function scalarsOf(document: Document): readonly string[] {
  const texts: string[] = [];
  visit(document, {
    Scalar(place, node) {
      if (place !== "key" && typeof node.value === "string") texts.push(node.value);
    },
  });
  return texts;
}

function decode(bytes: Buffer, path: string): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Told below, like a NUL byte.
  }
  throw broken(path, "compose-binary", "is not text (UTF-8)", "give a compose file");
}

function unreadable(path: string, error: unknown): ClusterError {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") {
    return broken(
      path,
      "compose-missing",
      "does not exist",
      "give its path with --registry-compose or --runner-compose, or run where the orchestrator runs",
    );
  }
  return broken(path, "compose-unreadable", `can't be read: ${messageOf(error)}`, "check its permissions");
}

function notYaml(path: string, reason: string): ClusterError {
  return broken(path, "compose-not-yaml", `is not YAML: ${firstLine(reason)}`, "mend the syntax");
}

function broken(path: string, code: string, what: string, hint: string): ClusterError {
  return new ClusterError({ kind: "prerequisite", code, message: `compose file ${path} ${what}`, hint });
}

const firstLine = (text: string): string => text.split("\n")[0]?.replace(/:$/, "") ?? "";
