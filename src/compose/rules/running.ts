/** Services that never run, can't be reached, or refer to what is not there. */
import type { ComposeFinding } from "../catalogue.ts";
import { covers, reaches } from "../ports.ts";
import { booleanOf, type Service } from "../services.ts";
import { at, entriesOf, itemsOf, lineOfKey, textOf, type Tree } from "../tree.ts";
import { found, inService, type RuleContext } from "./context.ts";

export function runningFindings(context: RuleContext): readonly ComposeFinding[] {
  const { services } = context.resolved;
  return [
    ...services.flatMap((service) => idle(context, service)),
    ...port(context),
    ...services.flatMap((service) => references(context, service)),
    ...external(context),
  ];
}

function idle(context: RuleContext, service: Service): readonly ComposeFinding[] {
  if (service.idle === undefined) return [];
  const { reason, line } = service.idle;
  const severity = service.name === context.spawntee?.name ? "error" : "warning";
  const message = `the service never runs: ${reason}`;
  return [
    found(context, "service-never-runs", severity, inService(service, line), {
      message,
      remedy: "take it out",
    }),
  ];
}

/** The gateway must reach the spawntee port, through whichever service publishes it. */
function port(context: RuleContext): readonly ComposeFinding[] {
  const { spawnteePort: wanted } = context.settings;
  const { services } = context.resolved;
  const running = services.filter(({ idle: reason }) => reason === undefined);
  if (running.some((service) => isReachable(service, wanted))) return [];
  const remedy = `publish it, as in ports: ["${wanted}:8080"], or give the published one with --spawntee-port`;
  const near = running.flatMap((service) =>
    service.ports.filter((entry) => covers(entry, wanted)).map((entry) => ({ service, entry })),
  )[0];
  if (near) {
    const why = near.entry.loopback
      ? "is bound to the CVM itself (127.0.0.1)"
      : near.entry.protocol === "tcp"
        ? "is on no network"
        : `is published for ${near.entry.protocol.toUpperCase()} only`;
    const message = `the spawntee port ${wanted} ${why}: the gateway does not reach it`;
    return [
      found(context, "port-unreachable", "error", inService(near.service, near.entry.line), {
        message,
        remedy,
      }),
    ];
  }
  // A service that never runs has a finding of its own.
  if (services.some((service) => service.idle !== undefined && isReachable(service, wanted)))
    return [];
  const message = `no service publishes the spawntee port ${wanted} (${publishedPorts(running)}): the CVM would never be reached`;
  const place = context.spawntee ? inService(context.spawntee) : {};
  return [found(context, "port-not-published", "error", place, { message, remedy })];
}

const isReachable = (service: Service, wanted: number): boolean =>
  service.hostNetwork ||
  (textOf(at(service.node, "network_mode")) !== "none" &&
    service.ports.some((it) => reaches(it, wanted)));

function publishedPorts(services: readonly Service[]): string {
  const ranges = services.flatMap(({ ports }) =>
    ports.flatMap(({ range }) => (range ? [range] : [])),
  );
  const sorted = ranges
    .toSorted(([a], [b]) => a - b)
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  const names = [...new Set(sorted)];
  if (names.length === 0) return "no port at all";
  return `only ${names.length <= 5 ? names.join(", ") : `${names.slice(0, 4).join(", ")}, … ${names.at(-1)}`}`;
}

/** What a service uses that the file must declare. */
function references(context: RuleContext, service: Service): readonly ComposeFinding[] {
  const { root } = context.resolved;
  const { node } = service;
  const missing = (
    kind: string,
    line: number,
    name: string | undefined,
    own: readonly string[] = [],
  ) =>
    name === undefined ||
    at(root, kind, name) ||
    own.includes(name) ||
    (kind === "services" && name === "")
      ? []
      : [undeclared(context, service, kind, name, line)];
  const names = (key: string): readonly (readonly [string | undefined, number])[] => [
    ...itemsOf(at(node, key)).map(
      (item) => [textOf(item) ?? textOf(at(item, "source")), item.line] as const,
    ),
    ...entriesOf(at(node, key)).map(([name, value]) => [name, value.line] as const),
  ];
  const other = /^service:(.+)$/.exec(textOf(at(node, "network_mode")) ?? "")?.[1];
  return [
    ...service.mounts
      .filter(({ type, source }) => type === "volume" && source)
      .flatMap(({ source, line }) => missing("volumes", line, source)),
    ...names("networks").flatMap(([name, line]) => missing("networks", line, name, ["default"])),
    ...names("configs").flatMap(([name, line]) => missing("configs", line, name)),
    ...names("secrets").flatMap(([name, line]) => missing("secrets", line, name)),
    ...names("depends_on").flatMap(([name, line]) => missing("services", line, name)),
    ...missing("services", lineOfKey(node, "network_mode"), other),
  ];
}

function undeclared(
  context: RuleContext,
  service: Service,
  kind: string,
  name: string,
  line: number,
): ComposeFinding {
  const message = `the file declares no ${kind.slice(0, -1)} ${JSON.stringify(name)}: docker compose refuses it`;
  const remedy =
    kind === "volumes" || kind === "networks"
      ? `add at the end of the file: ${kind}: { ${name}: {} }`
      : `declare it under \`${kind}\`, or take it out`;
  return found(context, "undeclared-reference", "error", inService(service, line), {
    message,
    remedy,
  });
}

const CONTAINER = /^container:/;

/** A new CVM has no network, volume or container but those of this file. */
function external(context: RuleContext): readonly ComposeFinding[] {
  const { root, services } = context.resolved;
  const declared = ["networks", "volumes", "configs", "secrets"].flatMap((kind) =>
    entriesOf(at(root, kind)).flatMap(([name, value]) => {
      const flag = at(value, "external");
      if (flag === undefined || (flag.kind === "scalar" && booleanOf(flag) !== true)) return [];
      return externalFinding(
        context,
        flag,
        undefined,
        `the ${kind.slice(0, -1)} ${JSON.stringify(name)}`,
      );
    }),
  );
  const containers = services.flatMap((service) => {
    const single = ["network_mode", "pid", "ipc"].flatMap((key) => at(service.node, key) ?? []);
    const listed = itemsOf(at(service.node, "volumes_from"));
    const links = itemsOf(at(service.node, "external_links"));
    return [
      ...[...single, ...listed].filter((it) => CONTAINER.test(textOf(it) ?? "")),
      ...links,
    ].map((it) =>
      externalFinding(context, it, service.name, `the container ${JSON.stringify(textOf(it))}`),
    );
  });
  return [...declared, ...containers];
}

function externalFinding(
  context: RuleContext,
  { line }: Tree,
  service: string | undefined,
  what: string,
): ComposeFinding {
  const message = `${what} must exist before docker compose starts, and a new CVM has none`;
  const remedy = "take out `external`: docker compose then creates it";
  return found(context, "external-resource", "error", { line, service }, { message, remedy });
}
