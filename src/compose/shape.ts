/**
 * Keys and types that docker compose accepts, from the Compose specification's JSON Schema; anything else ends its
 * start with "additional properties not allowed" or "must be a mapping". A table, because a validator with the whole
 * schema would cost more at start-up than all the rest of a check, and tell the reader less. Pure.
 */
import { booleanOf } from "./services.ts";
import { at, entriesOf, lineOfKey, textOf, type MapNode, type Tree } from "./tree.ts";

export type ShapeProblem = {
  readonly line: number;
  readonly service: string | undefined;
  readonly message: string;
  /** A key that is not known, and the keys that are. */
  readonly unknown?: { readonly key: string; readonly known: readonly string[] };
};

type Kind = keyof typeof KINDS;

const isText = (tree: Tree): boolean => tree.kind === "scalar" && typeof tree.value === "string";
const isNull = (tree: Tree): boolean => tree.kind === "scalar" && tree.value === null;
const isScalarOrNull = (tree: Tree): boolean => tree.kind === "scalar";
const isStrings = (tree: Tree): boolean => tree.kind === "list" && tree.items.every(isText);

/** What each kind is called in messages, and what it takes. */
const KINDS = {
  text: { name: "a text", accepts: isText },
  boolean: { name: "true or false", accepts: (tree: Tree) => booleanOf(tree) !== undefined },
  number: { name: "a number", accepts: (tree: Tree) => /^-?\d/.test(textOf(tree) ?? "") },
  size: {
    name: "a number or a text",
    accepts: (tree: Tree) => isText(tree) || /^-?\d/.test(textOf(tree) ?? ""),
  },
  list: { name: "a list", accepts: (tree: Tree) => tree.kind === "list" },
  texts: { name: "a list of texts", accepts: isStrings },
  mapping: { name: "a mapping", accepts: (tree: Tree) => tree.kind === "map" },
  textOrTexts: {
    name: "a text or a list of texts",
    accepts: (tree: Tree) => isText(tree) || isStrings(tree),
  },
  command: {
    name: "a text or a list of texts",
    accepts: (tree: Tree) => isText(tree) || isStrings(tree) || isNull(tree),
  },
  variables: {
    name: "a mapping or a list of NAME=value",
    accepts: (tree: Tree) =>
      isStrings(tree) || (tree.kind === "map" && [...tree.entries.values()].every(isScalarOrNull)),
  },
  textOrMapping: {
    name: "a text or a mapping",
    accepts: (tree: Tree) => isText(tree) || tree.kind === "map",
  },
  listOrMapping: { name: "a list or a mapping", accepts: (tree: Tree) => tree.kind !== "scalar" },
  any: { name: "anything", accepts: () => true },
} as const satisfies Record<string, { name: string; accepts: (tree: Tree) => boolean }>;

const keys = (kind: Kind, names: string): readonly (readonly [string, Kind])[] =>
  names.split(" ").map((name) => [name, kind] as const);

export const TOP_LEVEL: ReadonlyMap<string, Kind> = new Map([
  ...keys("text", "name version"),
  ...keys("mapping", "configs models networks secrets services volumes"),
  ...keys("list", "include"),
]);

export const SERVICE: ReadonlyMap<string, Kind> = new Map([
  ...keys(
    "boolean",
    "attach init oom_kill_disable privileged read_only stdin_open tty use_api_socket",
  ),
  ...keys("number", "cpu_count cpu_percent oom_score_adj pids_limit scale"),
  ...keys(
    "size",
    "cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus mem_limit mem_reservation mem_swappiness memswap_limit shm_size",
  ),
  ...keys(
    "text",
    "cgroup cgroup_parent container_name cpuset domainname hostname image ipc isolation mac_address network_mode platform pull_policy pull_refresh_after restart runtime stop_grace_period stop_signal user userns_mode uts working_dir",
  ),
  ...keys(
    "texts",
    "cap_add cap_drop device_cgroup_rules dns_opt external_links links profiles security_opt volumes_from",
  ),
  ...keys("list", "configs devices expose group_add ports post_start pre_stop secrets volumes"),
  ...keys(
    "mapping",
    "blkio_config credential_spec develop healthcheck logging provider storage_opt ulimits",
  ),
  ...keys("textOrTexts", "dns dns_search tmpfs"),
  ...keys("command", "command entrypoint"),
  ...keys("variables", "annotations environment labels sysctls"),
  ...keys("textOrMapping", "build extends"),
  ...keys("listOrMapping", "depends_on extra_hosts models networks"),
  ...keys("any", "deploy env_file gpus label_file pid"),
]);

/** Everything in the file, its variables filled in, that docker compose does not accept. */
export function shapeProblems(root: Tree): readonly ShapeProblem[] {
  if (root.kind !== "map") return [];
  const services = at(root, "services");
  return [
    ...problemsIn(root, TOP_LEVEL, "", undefined),
    ...entriesOf(services).flatMap(([name, service]) =>
      serviceProblems(name, service, services as MapNode),
    ),
  ];
}

function serviceProblems(name: string, service: Tree, services: MapNode): readonly ShapeProblem[] {
  const line = lineOfKey(services, name);
  const problem = (message: string): ShapeProblem => ({ line, service: name, message });
  if (!/^[\w.-]+$/.test(name))
    return [problem("a service's name may have letters, digits, `.`, `_` and `-` only")];
  if (service.kind !== "map") return [problem("a service must be a mapping")];
  return problemsIn(service, SERVICE, `services.${name}.`, name);
}

function problemsIn(
  map: MapNode,
  known: ReadonlyMap<string, Kind>,
  prefix: string,
  service: string | undefined,
): readonly ShapeProblem[] {
  return [...map.entries].flatMap(([key, value]): ShapeProblem[] => {
    const line = lineOfKey(map, key);
    const kind = known.get(key);
    if (key.startsWith("x-")) return [];
    if (kind === undefined) {
      const message = `docker compose knows no key \`${key}\` here`;
      return [{ line, service, message, unknown: { key, known: [...known.keys()] } }];
    }
    if (KINDS[kind].accepts(value)) return [];
    const empty = isNull(value) ? " and has no value" : "";
    return [{ line, service, message: `\`${prefix}${key}\` must be ${KINDS[kind].name}${empty}` }];
  });
}
