/** Reading a compose file: its exact text, which is measured, and what the checks need to know of it. */
import { readFile } from "node:fs/promises";
import { parseDocument, visit } from "yaml";
import { z } from "zod";
import { sha256Hex } from "../app-compose.ts";
import { ClusterError } from "../errors.ts";
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
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
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

/** @throws ClusterError (prerequisite). */
export function parseCompose(text: string, path: string): ComposeFile {
  if (text.trim() === "")
    throw broken(path, "compose-empty", "is empty", "give a compose file with the spawntee service");
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error)
    throw broken(path, "compose-not-yaml", `is not YAML: ${firstLine(error.message)}`, "mend the syntax");
  const shape = composeSchema.safeParse(document.toJS());
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
  return {
    path,
    text,
    digest: sha256Hex(text),
    services: Object.entries(shape.data.services).map(([name, service]) => serviceOf(name, service)),
    placeholders: placeholdersIn(scalarsOf(document)),
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

/** Both spellings: a list of `NAME=value`, or a mapping. */
function environmentOf(environment: z.infer<typeof serviceSchema>["environment"]): Record<string, string> {
  if (environment === undefined) return {};
  if (!Array.isArray(environment)) {
    return Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, String(value ?? "")]),
    );
  }
  return Object.fromEntries(
    environment.map((line) => {
      const [name = "", ...value] = line.split("=");
      return [name, value.join("=")];
    }),
  );
}

/** The text of all scalars: a `$` in a comment is no placeholder. */
function scalarsOf(document: ReturnType<typeof parseDocument>): string {
  const texts: string[] = [];
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string") texts.push(node.value);
    },
  });
  return texts.join("\n");
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

function unreadable(path: string, error: NodeJS.ErrnoException): ClusterError {
  if (error.code === "ENOENT") {
    return broken(
      path,
      "compose-missing",
      "does not exist",
      "give its path with --registry-compose or --runner-compose, or run where the orchestrator runs",
    );
  }
  if (error.code === "EISDIR")
    return broken(path, "compose-not-a-file", "is a directory", "give the path of the file in it");
  return broken(path, "compose-unreadable", `can't be read: ${error.message}`, "check its permissions");
}

function broken(path: string, code: string, what: string, hint: string): ClusterError {
  return new ClusterError({ kind: "prerequisite", code, message: `compose file ${path} ${what}`, hint });
}

const firstLine = (text: string): string => text.split("\n")[0]?.replace(/:$/, "") ?? "";
