/**
 * A CVM's containers, from its compose file and environment: mode, ports, approved list. Does not use `src/compose`, so
 * that a bug there shows here.
 */
import { parse as parseYaml } from "yaml";
import * as z from "zod";
import { decryptEnvironment } from "./kms.ts";
import type { Generation } from "./model.ts";

/** A running container; its environment is interpolated. */
export type RunningService = {
  readonly name: string;
  readonly image: string;
  readonly environment: ReadonlyMap<string, string>;
  /** On the host, TCP only: the gateway forwards nothing else. */
  readonly publishedPorts: ReadonlySet<number>;
};

/** Has the key that an environment was encrypted to. */
export type KeyHolder = { readonly kmsPrivateKey: string };

/**
 * The generation's environment; empty if it has none.
 * @throws if it was not encrypted to this app's key.
 */
export function environmentOf(app: KeyHolder, generation: Generation): ReadonlyMap<string, string> {
  return cachedReading(environments, app, generation, readEnvironment);
}

/** Results per generation, which never changes, and key: each health request needs them. */
type Readings<T> = WeakMap<Generation, { readonly key: string; readonly reading: T }>;

const environments: Readings<ReadonlyMap<string, string>> = new WeakMap();
const services: Readings<readonly RunningService[]> = new WeakMap();

function cachedReading<T>(
  readings: Readings<T>,
  app: KeyHolder,
  generation: Generation,
  read: (app: KeyHolder, generation: Generation) => T,
): T {
  const { kmsPrivateKey: key } = app;
  const known = readings.get(generation);
  if (known?.key === key) return known.reading;
  const reading = read(app, generation);
  readings.set(generation, { key, reading });
  return reading;
}

function readEnvironment(app: KeyHolder, generation: Generation): ReadonlyMap<string, string> {
  if (generation.encryptedEnv === null) return new Map();
  const all = decryptEnvironment(generation.encryptedEnv, app.kmsPrivateKey);
  // dstack drops what the app-compose does not allow.
  const allowed = new Set(generation.appCompose.allowed_envs ?? []);
  return new Map([...all].filter(([name]) => allowed.has(name)));
}

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string().default(""),
      ports: z
        .array(z.union([z.string(), z.number(), z.object({ published: scalar.optional() })]))
        .default([]),
      environment: z.union([z.array(z.string()), z.record(z.string(), scalar)]).default([]),
    }),
  ),
});

/** Every service of the compose file, interpolated. @throws if docker compose would refuse it. */
export function runningServices(app: KeyHolder, generation: Generation): readonly RunningService[] {
  return cachedReading(services, app, generation, readServices);
}

function readServices(app: KeyHolder, generation: Generation): readonly RunningService[] {
  const given = environmentOf(app, generation);
  const text = generation.appCompose.docker_compose_file ?? "";
  const read = composeSchema.parse(interpolated(parseYaml(text), given));
  return Object.entries(read.services).map(([name, service]) => ({
    name,
    image: service.image,
    environment: new Map(variablesOf(service.environment, given)),
    publishedPorts: new Set(service.ports.flatMap(hostPorts)),
  }));
}

/** Images that never start, for trying out a failing boot. */
const CRASHES = /crash-on-boot/;

/** Why the containers of this generation don't start; undefined: they do. Contains no values. */
export function bootErrorOf(app: KeyHolder, generation: Generation): string | undefined {
  try {
    environmentOf(app, generation);
  } catch {
    return "the environment can't be decrypted with this app's key";
  }
  try {
    const crashing = runningServices(app, generation).find(({ image }) => CRASHES.test(image));
    return crashing && `container ${crashing.name} exited with code 1`;
  } catch (error) {
    return error instanceof MissingVariable
      ? error.message
      : "docker compose refuses the compose file";
  }
}

class MissingVariable extends Error {}

/** Compose interpolates values, not keys. */
function interpolated(value: unknown, given: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return interpolate(value, given);
  if (Array.isArray(value)) return value.map((member) => interpolated(member, given));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, interpolated(member, given)]),
  );
}

const REFERENCE =
  /\$\$|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)(?:(:?[-?+])((?:[^{}]|\{[^{}]*\})*))?\}/g;

/**
 * Docker compose's interpolation: `$NAME`, `${NAME}`, `$$`, and the operators `-` (default), `?` (required) and
 * `+` (replacement), each with `:` to treat an empty value as unset.
 * https://docs.docker.com/reference/compose-file/interpolation/
 */
export function interpolate(text: string, given: ReadonlyMap<string, string>): string {
  return text.replaceAll(
    REFERENCE,
    (match, plain?: string, braced?: string, operator?: string, word?: string) =>
      match === "$$"
        ? "$"
        : resolve({ name: plain ?? braced ?? "", operator, word: word ?? "" }, given),
  );
}

type Reference = {
  readonly name: string;
  readonly operator: string | undefined;
  readonly word: string;
};

function resolve({ name, operator, word }: Reference, given: ReadonlyMap<string, string>): string {
  const value = given.get(name) ?? "";
  const isSet = operator?.startsWith(":") ? value !== "" : given.has(name);
  switch (operator?.at(-1)) {
    case "+":
      return isSet ? interpolate(word, given) : "";
    case "?":
      if (!isSet)
        throw new MissingVariable(`required variable ${name} is missing a value: ${word}`);
      return value;
    case "-":
      return isSet ? value : interpolate(word, given);
    default:
      return value;
  }
}

/** Both forms of `environment`; a name without a value is looked up in the CVM's environment. */
function variablesOf(
  environment: readonly string[] | Readonly<Record<string, z.infer<typeof scalar>>>,
  given: ReadonlyMap<string, string>,
): (readonly [string, string])[] {
  const pairs: (readonly [string, string | null])[] = Array.isArray(environment)
    ? environment.map((line: string) => splitOnce(line, "="))
    : Object.entries(environment).map(([name, value]) => [
        name,
        value === null ? null : String(value),
      ]);
  return pairs.flatMap(([name, value]) => {
    const known = value ?? given.get(name);
    return known === undefined ? [] : [[name, known] as const];
  });
}

function splitOnce(text: string, separator: string): readonly [string, string | null] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** `9010:8080`, `127.0.0.1:9010:8080`, `9010-9012:8080-8082`, `{published: 9010}`; a lone port gets a random one. */
function hostPorts(
  port: string | number | { readonly published?: z.infer<typeof scalar> | undefined },
): number[] {
  if (typeof port === "number") return [];
  if (typeof port === "object") return portRange(String(port.published ?? ""));
  const [mapping = "", protocol = "tcp"] = port.split("/");
  const parts = mapping.split(":");
  return protocol === "tcp" && parts.length > 1 ? portRange(parts.at(-2) ?? "") : [];
}

function portRange(text: string): number[] {
  const [first = Number.NaN, last = first] = text.split("-").map(Number);
  if (!Number.isInteger(first) || !Number.isInteger(last)) return [];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
