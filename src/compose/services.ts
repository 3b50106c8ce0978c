/** The services of a compose file as docker compose would run them, once variables have their values. Pure. */
import { interpolate, type Lookup } from "./interpolation.ts";
import { publishedPort, type PublishedPort } from "./ports.ts";
import {
  at,
  entriesOf,
  itemsOf,
  lineOfKey,
  mapTexts,
  textOf,
  type MapNode,
  type Tree,
} from "./tree.ts";

export type EnvironmentEntry = {
  readonly name: string;
  readonly value: string;
  readonly line: number;
};

export type Mount = {
  readonly line: number;
  /** Undefined: an anonymous volume, or memory. */
  readonly source: string | undefined;
  /** `bind`: a path of the CVM. `volume`: a named volume. */
  readonly type: string;
};

export type Service = {
  readonly name: string;
  readonly line: number;
  /** With variables filled in, and what it extends within the file. */
  readonly node: MapNode;
  readonly image: string | undefined;
  readonly privileged: boolean;
  /** In the file's order; of several with one name docker compose takes the last. */
  readonly environment: readonly EnvironmentEntry[];
  readonly ports: readonly PublishedPort[];
  readonly mounts: readonly Mount[];
  /** Whether it has the host's network: then each of its ports is the host's. */
  readonly hostNetwork: boolean;
  /** Why docker compose does not start it; undefined: it does. */
  readonly idle: { readonly reason: string; readonly line: number } | undefined;
};

/** A compose file with variables filled in. */
export type ResolvedCompose = {
  readonly root: Tree;
  readonly services: readonly Service[];
  /** Variables that `:?` requires and that have no (or an empty) value, with the line. */
  readonly missing: readonly { readonly name: string; readonly line: number }[];
};

export function resolveCompose(root: Tree, lookup: Lookup): ResolvedCompose {
  const missing: { name: string; line: number }[] = [];
  const filled = mapTexts(root, (text, line) =>
    interpolate(text, lookup, (name) => missing.push({ name, line })),
  );
  const nodes = new Map(entriesOf(at(filled, "services")));
  const services = [...nodes].flatMap(([name, node]) =>
    node.kind === "map"
      ? [serviceOf(name, extended(node, nodes, [name]), lineOfService(filled, name), lookup)]
      : [],
  );
  return { root: filled, services, missing };
}

function lineOfService(root: Tree, name: string): number {
  const services = at(root, "services");
  return services?.kind === "map" ? lineOfKey(services, name) : 1;
}

function serviceOf(name: string, node: MapNode, line: number, lookup: Lookup): Service {
  return {
    name,
    line,
    node,
    image: textOf(at(node, "image")),
    privileged: booleanOf(at(node, "privileged")) ?? false,
    environment: environmentOf(at(node, "environment"), lookup),
    ports: itemsOf(at(node, "ports")).map(publishedPort),
    mounts: itemsOf(at(node, "volumes")).map(mountOf),
    hostNetwork: textOf(at(node, "network_mode")) === "host",
    idle: idleReason(node),
  };
}

/** What docker compose casts to a boolean; undefined where it is something else. */
export function booleanOf(tree: Tree | undefined): boolean | undefined {
  const text = textOf(tree)?.toLowerCase() ?? "";
  if (["true", "yes", "y", "on", "t", "1"].includes(text)) return true;
  return ["false", "no", "n", "off", "f", "0"].includes(text) ? false : undefined;
}

/** Both spellings. A name without a value takes the variable of that name, and is absent where that is not set. */
function environmentOf(tree: Tree | undefined, lookup: Lookup): readonly EnvironmentEntry[] {
  if (tree?.kind === "map")
    return entriesOf(tree).flatMap(([name, value]) =>
      entry(name, textOf(value), lineOfKey(tree, name), lookup),
    );
  return itemsOf(tree).flatMap((item) => {
    const text = textOf(item) ?? "";
    const sign = text.indexOf("=");
    return sign === -1
      ? entry(text, undefined, item.line, lookup)
      : entry(text.slice(0, sign), text.slice(sign + 1), item.line, lookup);
  });
}

function entry(
  name: string,
  text: string | undefined,
  line: number,
  lookup: Lookup,
): EnvironmentEntry[] {
  const value = text ?? lookup(name);
  return value === undefined ? [] : [{ name, value, line }];
}

/** The value that a container gets; undefined where it gets none. */
export function valueIn(service: Service, name: string): string | undefined {
  return service.environment.findLast((it) => it.name === name)?.value;
}

function mountOf(item: Tree): Mount {
  const { line } = item;
  if (item.kind === "map")
    return { line, source: textOf(at(item, "source")), type: textOf(at(item, "type")) ?? "volume" };
  // `C:\data:/data` begins with a drive, not with a name.
  const [source = "", target] = (textOf(item) ?? "")
    .replace(/^([A-Za-z]):(?=[\\/])/, "$1\0")
    .split(":");
  if (target === undefined) return { line, source: undefined, type: "volume" };
  return { line, source: source.replace("\0", ":"), type: isPath(source) ? "bind" : "volume" };
}

const isPath = (source: string): boolean => /^(?:[/.~\\]|[A-Za-z]\0)/.test(source);

function idleReason(node: MapNode): Service["idle"] {
  const because = (reason: string, key: string, of = node): Service["idle"] => ({
    reason,
    line: lineOfKey(of, key),
  });
  const profiles = itemsOf(at(node, "profiles")).map(textOf);
  if (profiles.length > 0) {
    const reason = `it has the profile ${profiles.join(", ")}, and no profile is active on a CVM`;
    return because(reason, "profiles");
  }
  if (textOf(at(node, "scale")) === "0") return because("`scale: 0` starts no container", "scale");
  const deploy = at(node, "deploy");
  if (deploy?.kind === "map" && textOf(at(deploy, "replicas")) === "0")
    return because("`replicas: 0` starts no container", "replicas", deploy);
  const platform = textOf(at(node, "platform"));
  if (platform !== undefined && !/^linux(?:\/(?:amd64|x86_64)(?:\/.*)?)?$/i.test(platform))
    return because(`a CVM is linux/amd64 and can't run ${platform}`, "platform");
  return undefined;
}

/** What the service inherits from another one of this file; its own keys win, lists are appended. */
function extended(node: MapNode, all: ReadonlyMap<string, Tree>, seen: readonly string[]): MapNode {
  const from = at(node, "extends");
  const name = textOf(from) ?? (at(from, "file") ? undefined : textOf(at(from, "service")));
  const base = name === undefined || seen.includes(name) ? undefined : all.get(name);
  if (name === undefined || base?.kind !== "map") return node;
  return merged(extended(base, all, [...seen, name]), node);
}

function merged(base: MapNode, over: MapNode): MapNode {
  const inherited = [...base.entries].filter(([key]) => key !== "depends_on" && key !== "profiles");
  const entries = new Map<string, Tree>(inherited);
  for (const [key, value] of over.entries) entries.set(key, mergedValue(entries.get(key), value));
  return { ...over, entries, lines: new Map([...base.lines, ...over.lines]) };
}

function mergedValue(base: Tree | undefined, over: Tree): Tree {
  if (base?.kind === "list" && over.kind === "list")
    return { ...over, items: [...base.items, ...over.items] };
  if (base?.kind !== "map" || over.kind !== "map") return over;
  return merged(base, over);
}
