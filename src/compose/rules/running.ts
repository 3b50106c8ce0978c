/** Services that never run, can't be reached, or refer to what is not there. */
import { covers, reaches, type PublishedPort } from "../ports.ts";
import { booleanOf, type Service } from "../services.ts";
import { at, entriesOf, itemsOf, lineOfKey, textOf, type Tree } from "../tree.ts";
import { inService, type Place, type Problem, type RuleContext } from "./context.ts";

export function running(context: RuleContext): readonly Problem[] {
  const { root, services } = context.resolved;
  return [
    ...services.flatMap((service) => idle(service, context)),
    ...port(context),
    ...services.flatMap((service) => references(service, root)),
    ...externalResources(root),
    ...services.flatMap(otherContainers),
  ];
}

function idle(service: Service, { spawntee }: RuleContext): readonly Problem[] {
  if (service.idle === undefined) return [];
  const { reason, line } = service.idle;
  const severity = service.name === spawntee?.name ? "error" : "warning";
  const message = `the service never runs: ${reason}`;
  const place = inService(service, line);
  return [{ code: "service-never-runs", severity, ...place, message, remedy: "take it out" }];
}

/** The gateway must reach the spawntee port, through whichever service publishes it. */
function port({ settings, resolved, spawntee }: RuleContext): readonly Problem[] {
  const { spawnteePort: wanted } = settings;
  const { services } = resolved;
  const up = services.filter((service) => service.idle === undefined);
  if (up.some((service) => isReachable(service, wanted))) return [];
  const remedy = `publish it, as in ports: ["${wanted}:8080"], or give the published one with --spawntee-port`;
  const [near] = up.flatMap((service) =>
    service.ports.filter((entry) => covers(entry, wanted)).map((entry) => ({ service, entry })),
  );
  if (near) {
    const place = inService(near.service, near.entry.line);
    const message = `the spawntee port ${wanted} ${whyUnreachable(near.entry)}: the gateway does not reach it`;
    return [{ code: "port-unreachable", ...place, message, remedy }];
  }
  // A service that never runs has a problem of its own.
  if (services.some((service) => isReachable(service, wanted))) return [];
  const message = `no service publishes the spawntee port ${wanted} (${publishedPorts(up)}): the CVM would never be reached`;
  const place = spawntee ? inService(spawntee) : {};
  return [{ code: "port-not-published", ...place, message, remedy }];
}

function whyUnreachable({ loopback, protocol }: PublishedPort): string {
  if (loopback) return "is bound to the CVM itself (127.0.0.1)";
  if (protocol === "tcp") return "is on no network";
  return `is published for ${protocol.toUpperCase()} only`;
}

const isReachable = (service: Service, wanted: number): boolean =>
  service.hostNetwork ||
  (textOf(at(service.node, "network_mode")) !== "none" &&
    service.ports.some((it) => reaches(it, wanted)));

function publishedPorts(services: readonly Service[]): string {
  const ranges = services.flatMap(({ ports }) => ports.map(({ range }) => range));
  const sorted = ranges
    .filter((range) => range !== undefined)
    .toSorted(([a], [b]) => a - b)
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  const names = [...new Set(sorted)];
  if (names.length === 0) return "no port at all";
  return `only ${names.length <= 5 ? names.join(", ") : `${names.slice(0, 4).join(", ")}, … ${names.at(-1)}`}`;
}

/** What a service uses that the file must declare. */
function references(service: Service, root: Tree): readonly Problem[] {
  const { node } = service;
  const missing = (kind: string, name: string | undefined, line: number): readonly Problem[] =>
    name === undefined || at(root, kind, name)
      ? []
      : [undeclared(kind, name, inService(service, line))];
  const named = (key: string): readonly (readonly [string | undefined, number])[] => [
    ...itemsOf(at(node, key)).map(
      (item) => [textOf(item) ?? textOf(at(item, "source")), item.line] as const,
    ),
    ...entriesOf(at(node, key)).map(([name, value]) => [name, value.line] as const),
  ];
  const other = /^service:(.+)$/.exec(textOf(at(node, "network_mode")) ?? "")?.[1];
  return [
    ...service.mounts
      .filter(({ type, source }) => type === "volume" && source)
      .flatMap(({ source, line }) => missing("volumes", source, line)),
    ...named("networks")
      .filter(([name]) => name !== "default")
      .flatMap((it) => missing("networks", ...it)),
    ...named("configs").flatMap((it) => missing("configs", ...it)),
    ...named("secrets").flatMap((it) => missing("secrets", ...it)),
    ...named("depends_on")
      .filter(([name]) => name !== "")
      .flatMap((it) => missing("services", ...it)),
    ...missing("services", other, lineOfKey(node, "network_mode")),
  ];
}

function undeclared(kind: string, name: string, place: Place): Problem {
  const message = `the file declares no ${kind.slice(0, -1)} ${JSON.stringify(name)}: docker compose refuses it`;
  const remedy =
    kind === "volumes" || kind === "networks"
      ? `add at the end of the file: ${kind}: { ${name}: {} }`
      : `declare it under \`${kind}\`, or take it out`;
  return { code: "undeclared-reference", ...place, message, remedy };
}

/** A new CVM has no network, volume or container but those of this file. */
function externalResources(root: Tree): readonly Problem[] {
  return ["networks", "volumes", "configs", "secrets"].flatMap((kind) =>
    entriesOf(at(root, kind)).flatMap(([name, value]) => {
      const flag = at(value, "external");
      if (flag === undefined || (flag.kind === "scalar" && booleanOf(flag) !== true)) return [];
      return external(`the ${kind.slice(0, -1)} ${JSON.stringify(name)}`, { line: flag.line });
    }),
  );
}

function otherContainers({ name: service, node }: Service): readonly Problem[] {
  const single = ["network_mode", "pid", "ipc"].flatMap((key) => at(node, key) ?? []);
  const named = [...single, ...itemsOf(at(node, "volumes_from"))].filter((it) =>
    textOf(it)?.startsWith("container:"),
  );
  return [...named, ...itemsOf(at(node, "external_links"))].map((it) =>
    external(`the container ${JSON.stringify(textOf(it))}`, { line: it.line, service }),
  );
}

const external = (what: string, place: Place): Problem => ({
  code: "external-resource",
  ...place,
  message: `${what} must exist before docker compose starts, and a new CVM has none`,
  remedy: "take out `external`: docker compose then creates it",
});
