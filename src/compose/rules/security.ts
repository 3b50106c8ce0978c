/** What a compose file opens to others: debugging, shells, the host, ports; and images that are not pinned. */
import type { Severity } from "../../core/finding.ts";
import type { ComposeFinding } from "../catalogue.ts";
import { valueIn, type Service } from "../services.ts";
import { at, leavesOf, lineOfKey, textOf } from "../tree.ts";
import { found, inService, type RuleContext } from "./context.ts";

type Rule = (context: RuleContext, service: Service) => readonly ComposeFinding[];

export function securityFindings(context: RuleContext): readonly ComposeFinding[] {
  const rules: readonly Rule[] = [
    unpinned,
    debugMode,
    webShell,
    privileged,
    hostMounts,
    namespaces,
    exposedPorts,
  ];
  return context.resolved.services
    .filter(({ idle }) => idle === undefined)
    .flatMap((service) => rules.flatMap((rule) => rule(context, service)));
}

const isSpawntee = (context: RuleContext, service: Service): boolean =>
  service.name === context.spawntee?.name;

const DIGEST = /@sha256:[0-9a-f]{64}$/;

function unpinned(context: RuleContext, service: Service): readonly ComposeFinding[] {
  const { image } = service;
  if (!image || DIGEST.test(image)) return [];
  const message =
    "a tag can be moved, so the compose hash does not pin the code that gets the models' keys";
  return [
    found(
      context,
      "image-not-pinned",
      "warning",
      inService(service, lineOfKey(service.node, "image")),
      {
        message,
        remedy:
          "name the image by digest: NAME@sha256:… (docker buildx imagetools inspect shows it)",
      },
    ),
  ];
}

const OFF = /^(?:|0|false|no|off)$/i;

/** Errors that an operator may insist on. */
const unlessAllowed = ({ settings }: RuleContext): Severity =>
  settings.allowDebugRegistry ? "warning" : "error";

function debugMode(context: RuleContext, service: Service): readonly ComposeFinding[] {
  const value = (valueIn(service, "DEBUG_MODE") ?? "").trim().replaceAll(/^(["'])(.*)\1$/g, "$2");
  if (OFF.test(value)) return [];
  const line = service.environment.findLast(({ name }) => name === "DEBUG_MODE")?.line;
  const place = inService(service, line);
  const remedy = "set DEBUG_MODE=false or take it out";
  if (context.role === "runner") {
    const message = "a debugging service tells more than a production one may";
    return [found(context, "debug-mode", "warning", place, { message, remedy })];
  }
  const message =
    "/debug/exec then runs commands for anybody who finds the URL, and shows the AWS keys";
  return [
    found(context, "debug-mode", unlessAllowed(context), place, {
      message,
      remedy: `${remedy}; to insist: --allow-debug-registry`,
    }),
  ];
}

const WEB_SHELL =
  /\b(?:alpine-)?(?:tty[dp]d?|wetty|gotty|shellinabox|sshwifty|webssh2?|code-server)\b/i;

function webShell(context: RuleContext, service: Service): readonly ComposeFinding[] {
  const started = ["command", "entrypoint"].flatMap((key) => {
    const tree = at(service.node, key);
    return tree ? leavesOf(tree).map(({ node }) => String(node.value)) : [];
  });
  if (![service.name, service.image ?? "", ...started].some((text) => WEB_SHELL.test(text)))
    return [];
  const message =
    "a shell in the browser: anyone who finds the URL controls this CVM and has its keys";
  const remedy = "take the service out; to insist: --allow-debug-registry";
  return [
    found(context, "web-shell", unlessAllowed(context), inService(service), { message, remedy }),
  ];
}

function privileged(context: RuleContext, service: Service): readonly ComposeFinding[] {
  if (!service.privileged) return [];
  const place = inService(service, lineOfKey(service.node, "privileged"));
  const what = "a privileged container has full control of the CVM";
  if (isSpawntee(context, service) || context.resolved.services.length === 1) {
    const message = `${what} (spawntee needs it to start models)`;
    return [
      found(context, "privileged", "note", place, {
        message,
        remedy: "make sure that only spawntee has it",
      }),
    ];
  }
  const remedy = "take `privileged` out: only spawntee needs it";
  return [
    found(context, "privileged", "warning", place, {
      message: `${what}, and this is not spawntee`,
      remedy,
    }),
  ];
}

/** What spawntee mounts legitimately: it starts containers and asks dstack for keys and quotes. */
const EXPECTED = /^(?:\/var)?\/run\/(?:docker|dstack|tappd)\.sock$|^\/dstack(?:\/|$)/;
/** Whoever has one of these has the CVM. */
const WHOLE = /^(?:\/|\/(?:etc|root|home|proc|sys|dev|boot|var|var\/lib\/docker)\/?)$/;

function hostMounts(context: RuleContext, service: Service): readonly ComposeFinding[] {
  return service.mounts.flatMap(({ type, source = "", line }) => {
    if (type !== "bind" || !source.startsWith("/")) return [];
    const expected = EXPECTED.test(source);
    if (expected && isSpawntee(context, service)) return [];
    const severity = expected || WHOLE.test(source) ? "warning" : "note";
    const message =
      severity === "warning"
        ? `${source} of the CVM gives the service all of it, the models' keys included`
        : `${source} of the CVM is mounted: the compose hash does not pin its content`;
    const remedy = "take the mount out, unless the service can't do without";
    return found(context, "host-mount", severity, inService(service, line), { message, remedy });
  });
}

function namespaces(context: RuleContext, service: Service): readonly ComposeFinding[] {
  return (["network_mode", "pid", "ipc"] as const)
    .filter((key) => textOf(at(service.node, key)) === "host")
    .map((key) => {
      const expected = key === "network_mode" && isSpawntee(context, service);
      const what = { network_mode: "network", pid: "processes", ipc: "shared memory" }[key];
      const message = expected
        ? "with the CVM's network each of its ports is published, those for its own use too"
        : `the service has the CVM's own ${what}: it sees and reaches the other services`;
      const place = inService(service, lineOfKey(service.node, key));
      const remedy = "take it out, unless the service can't do without";
      return found(context, "host-namespace", expected ? "note" : "warning", place, {
        message,
        remedy,
      });
    });
}

function exposedPorts(context: RuleContext, service: Service): readonly ComposeFinding[] {
  const { spawntee, settings } = context;
  if (!spawntee || isSpawntee(context, service)) return [];
  const open = service.ports.filter(
    ({ range, loopback, protocol }) =>
      // One that publishes the spawntee port stands before spawntee.
      range &&
      !loopback &&
      protocol === "tcp" &&
      !(range[0] <= settings.spawnteePort && settings.spawnteePort <= range[1]),
  );
  const [first] = open;
  if (!first?.range) return [];
  const ports = open.map(({ range }) => range?.[0]).join(", ");
  const message = `the gateway offers port ${ports} of this service to everyone, and it is not spawntee`;
  const remedy = "take `ports` out: services of one file reach each other without";
  return [
    found(context, "port-exposed", "warning", inService(service, first.line), { message, remedy }),
  ];
}
