/** What a compose file exposes: debugging, shells, the host, ports; and images that are not pinned. */
import type { Severity } from "../../core/finding.ts";
import { covers } from "../ports.ts";
import { valueIn, type Service } from "../services.ts";
import { at, lineOfKey, textOf } from "../tree.ts";
import { inService, startedWith, type Problem, type RuleContext } from "./context.ts";

type Rule = (service: Service, context: RuleContext) => readonly Problem[];

const RULES: readonly Rule[] = [
  unpinned,
  debugMode,
  webShell,
  privileged,
  hostMounts,
  namespaces,
  exposedPorts,
];

export function security(context: RuleContext): readonly Problem[] {
  return context.resolved.services
    .filter(({ idle }) => idle === undefined)
    .flatMap((service) => RULES.flatMap((rule) => rule(service, context)));
}

const isSpawntee = (service: Service, { spawntee }: RuleContext): boolean =>
  service.name === spawntee?.name;

const DIGEST = /@sha256:[0-9a-f]{64}$/;

function unpinned(service: Service): readonly Problem[] {
  const { image, node } = service;
  if (!image || DIGEST.test(image)) return [];
  const place = inService(service, lineOfKey(node, "image"));
  const message =
    "a tag can be moved, so the compose hash does not pin the code that gets the models' keys";
  const remedy =
    "name the image by digest: NAME@sha256:… (docker buildx imagetools inspect shows it)";
  return [{ code: "image-not-pinned", ...place, message, remedy }];
}

const OFF = /^(?:|0|false|no|off)$/i;

/** Errors that an operator may insist on. */
const unlessAllowed = ({ settings }: RuleContext): Severity =>
  settings.allowDebugRegistry ? "warning" : "error";

function debugMode(service: Service, context: RuleContext): readonly Problem[] {
  const value = (valueIn(service, "DEBUG_MODE") ?? "").trim().replaceAll(/^(["'])(.*)\1$/g, "$2");
  if (OFF.test(value)) return [];
  const line = service.environment.findLast(({ name }) => name === "DEBUG_MODE")?.line;
  const common = { code: "debug-mode", ...inService(service, line) } as const;
  const remedy = "set DEBUG_MODE=false or take it out";
  if (context.role === "runner") {
    const message = "a debugging service tells more than a production one may";
    return [{ ...common, severity: "warning", message, remedy }];
  }
  const message =
    "/debug/exec then runs commands for anybody who finds the URL, and shows the AWS keys";
  const orInsist = `${remedy}; to insist: --allow-debug-registry`;
  return [{ ...common, severity: unlessAllowed(context), message, remedy: orInsist }];
}

const WEB_SHELL =
  /\b(?:alpine-)?(?:tty[dp]d?|wetty|gotty|shellinabox|sshwifty|webssh2?|code-server)\b/i;

function webShell(service: Service, context: RuleContext): readonly Problem[] {
  const texts = [service.name, service.image ?? "", ...startedWith(service)];
  if (!texts.some((text) => WEB_SHELL.test(text))) return [];
  const severity = unlessAllowed(context);
  const message =
    "a shell in the browser: anyone who finds the URL controls this CVM and has its keys";
  const remedy = "take the service out; to insist: --allow-debug-registry";
  return [{ code: "web-shell", severity, ...inService(service), message, remedy }];
}

function privileged(service: Service, context: RuleContext): readonly Problem[] {
  if (!service.privileged) return [];
  const place = inService(service, lineOfKey(service.node, "privileged"));
  const what = "a privileged container has full control of the CVM";
  if (isSpawntee(service, context) || context.resolved.services.length === 1) {
    const message = `${what} (spawntee needs it to start models)`;
    const remedy = "make sure that only spawntee has it";
    return [{ code: "privileged", severity: "note", ...place, message, remedy }];
  }
  const message = `${what}, and this is not spawntee`;
  const remedy = "take `privileged` out: only spawntee needs it";
  return [{ code: "privileged", severity: "warning", ...place, message, remedy }];
}

/** What spawntee mounts legitimately: it starts containers and asks dstack for keys and quotes. */
const EXPECTED = /^(?:\/var)?\/run\/(?:docker|dstack|tappd)\.sock$|^\/dstack(?:\/|$)/;
/** Whoever has one of these has the CVM. */
const WHOLE = /^(?:\/|\/(?:etc|root|home|proc|sys|dev|boot|var|var\/lib\/docker)\/?)$/;

function hostMounts(service: Service, context: RuleContext): readonly Problem[] {
  return service.mounts.flatMap(({ type, source = "", line }): readonly Problem[] => {
    if (type !== "bind" || !source.startsWith("/")) return [];
    const expected = EXPECTED.test(source);
    if (expected && isSpawntee(service, context)) return [];
    const severity = expected || WHOLE.test(source) ? "warning" : "note";
    const message =
      severity === "warning"
        ? `${source} of the CVM gives the service all of it, the models' keys included`
        : `${source} of the CVM is mounted: the compose hash does not pin its content`;
    const remedy = "take the mount out, unless the service can't do without";
    return [{ code: "host-mount", severity, ...inService(service, line), message, remedy }];
  });
}

const NAMESPACES = { network_mode: "network", pid: "processes", ipc: "shared memory" };

function namespaces(service: Service, context: RuleContext): readonly Problem[] {
  return Object.entries(NAMESPACES)
    .filter(([key]) => textOf(at(service.node, key)) === "host")
    .map(([key, what]) => {
      const expected = key === "network_mode" && isSpawntee(service, context);
      const severity = expected ? "note" : "warning";
      const message = expected
        ? "with the CVM's network each of its ports is published, those for its own use too"
        : `the service has the CVM's own ${what}: it sees and reaches the other services`;
      const place = inService(service, lineOfKey(service.node, key));
      const remedy = "take it out, unless the service can't do without";
      return { code: "host-namespace", severity, ...place, message, remedy };
    });
}

function exposedPorts(service: Service, context: RuleContext): readonly Problem[] {
  const { spawntee, settings } = context;
  if (!spawntee || isSpawntee(service, context)) return [];
  const open = service.ports.filter(
    (port) =>
      // One that publishes the spawntee port stands before spawntee.
      port.range &&
      !port.loopback &&
      port.protocol === "tcp" &&
      !covers(port, settings.spawnteePort),
  );
  const [first] = open;
  if (!first) return [];
  const place = inService(service, first.line);
  const ports = open.map(({ range }) => range?.[0]).join(", ");
  const message = `the gateway offers port ${ports} of this service to everyone, and it is not spawntee`;
  const remedy = "take `ports` out: services of one file reach each other without";
  return [{ code: "port-exposed", ...place, message, remedy }];
}
