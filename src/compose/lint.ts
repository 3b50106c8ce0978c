/** What a compose file works with but should not have, or what its reader should know. */
import type { ClusterSettings } from "../core/settings.ts";
import type { ComposeFile, ComposeService } from "./compose-file.ts";
import { runnerEnvironmentNamesOf } from "./environment.ts";
import type { Finding } from "./finding.ts";
import { withDefaults } from "./placeholders.ts";
import { lintSecrets } from "./secrets.ts";

/** The two files of a cluster. */
export type ComposePair = { readonly registry: ComposeFile; readonly runner: ComposeFile };
type Settings = Pick<ClusterSettings, "spawnteePort" | "orchestratorSchema" | "coordinatorWallet">;

/** Findings on both files, errors and warnings before notes; order of the files within that. */
export function lintComposeFiles(pair: ComposePair, settings: Settings): readonly Finding[] {
  const found = [
    ...lintFile(pair.registry),
    ...lintFile(pair.runner),
    ...differentImages(pair, settings.spawnteePort),
    ...unreadNames(pair.runner, settings),
    ...settingsWithoutEffect(pair.registry),
  ];
  return found.toSorted((a, b) => Number(a.severity === "note") - Number(b.severity === "note"));
}

function lintFile(compose: ComposeFile): readonly Finding[] {
  return [
    ...compose.services.flatMap((service) => lintService(compose, service)),
    ...lintSecrets(compose),
    ...lineEnds(compose),
  ];
}

function lintService(compose: ComposeFile, service: ComposeService): readonly Finding[] {
  const where = `service ${service.name} in ${compose.path}`;
  return [...unpinned(service, where), ...debugMode(service, where), ...privileged(service, where)];
}

function privileged(service: ComposeService, where: string): readonly Finding[] {
  if (!service.privileged) return [];
  return [
    {
      id: "privileged",
      severity: "note",
      message: `${where} is privileged: its containers can do on the CVM what they like (spawntee needs it to start models)`,
      remedy: "make sure that only spawntee has it",
    },
  ];
}

const DIGEST = /@sha256:[0-9a-f]{64}$/;

function unpinned(service: ComposeService, where: string): readonly Finding[] {
  const { image } = service;
  if (image === null || DIGEST.test(image)) return [];
  return [
    {
      id: "image-not-pinned",
      severity: "warning",
      message: `${where} runs ${image}: a tag can be moved, so the compose hash does not pin the code that gets the models' keys`,
      remedy: "name the image by digest: NAME@sha256:… (docker buildx imagetools inspect shows it)",
    },
  ];
}

const OFF = /^(?:|0|false|no|off)$/i;

function debugMode(service: ComposeService, where: string): readonly Finding[] {
  // Nothing sets this variable on our CVMs, so what counts is the file's own default.
  const value = withDefaults(service.environment["DEBUG_MODE"] ?? "");
  // A variable without a default is empty then.
  if (OFF.test(value.trim()) || value.startsWith("$")) return [];
  return [
    {
      id: "debug-mode",
      severity: "warning",
      message: `${where} sets DEBUG_MODE to ${value}: a debugging service tells more than a production one may`,
      remedy: "set DEBUG_MODE=false or take it out",
    },
  ];
}

function lineEnds(compose: ComposeFile): readonly Finding[] {
  const what = [
    ...(compose.text.startsWith("\ufeff") ? ["a byte order mark"] : []),
    ...(compose.text.includes("\r\n") ? ["CRLF line ends"] : []),
  ];
  if (what.length === 0) return [];
  return [
    {
      id: "line-ends",
      severity: "warning",
      message: `${compose.path} has ${what.join(" and ")}: another checkout of the same file may not, and then has another compose hash`,
      remedy: "save it as UTF-8 with LF line ends, and keep it so: `*.yml text eol=lf` in .gitattributes",
    },
  ];
}

function differentImages({ registry, runner }: ComposePair, port: number): readonly Finding[] {
  const [a, b] = [spawnteeService(registry, port)?.image, spawnteeService(runner, port)?.image];
  if (!a || !b || a === b) return [];
  return [
    {
      id: "images-differ",
      severity: "warning",
      message: `the registry runs ${a} and the runners ${b}: two versions of spawntee need not understand each other`,
      remedy: "name the same image in both files, unless this is one step of a rolling upgrade",
    },
  ];
}

function unreadNames(runner: ComposeFile, settings: Settings): readonly Finding[] {
  const referred = new Set(runner.placeholders.map(({ name }) => name));
  const names = runnerEnvironmentNamesOf(settings);
  // REGISTRY_URL is a requirement, told as an error by requirements.ts.
  return names
    .filter((name) => name !== "REGISTRY_URL" && !referred.has(name))
    .map((name) => ({
      id: "name-not-read",
      severity: "warning",
      message: `the orchestrator gives its runners ${name}, and nothing in ${runner.path} reads it: the setting has no effect`,
      remedy: `add to the service's environment: ${name}=\${${name}}`,
    }));
}

/** Settings of ours that a registry may do without: told, because giving them then changes nothing. */
const OPTIONAL_SETTINGS = { AWS_REGION: "--aws-region", CAPACITY_THRESHOLD: "--capacity-threshold" } as const;

function settingsWithoutEffect(registry: ComposeFile): readonly Finding[] {
  const referred = new Set(registry.placeholders.map(({ name }) => name));
  return Object.entries(OPTIONAL_SETTINGS)
    .filter(([name]) => !referred.has(name))
    .map(([name, flag]) => ({
      id: "name-not-read",
      severity: "note",
      message: `nothing in ${registry.path} reads ${name}: ${flag} has no effect on the registry`,
      remedy: `to have it, add to the service's environment: ${name}=\${${name}}`,
    }));
}

/** The service that runs spawntee: the one that publishes its port, else the only one there is. */
function spawnteeService(compose: ComposeFile, port: number): ComposeService | undefined {
  const publishing = compose.services.find((service) => service.publishedPorts.has(port));
  return publishing ?? (compose.services.length === 1 ? compose.services[0] : undefined);
}
