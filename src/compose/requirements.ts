/** What the two compose files must have so that a cluster can work at all. */
import type { ComposeFile } from "./compose-file.ts";
import { REGISTRY_NAMES, runnerEnvironmentNamesOf } from "./environment.ts";
import type { Finding } from "./finding.ts";
import type { ClusterSettings } from "../core/settings.ts";

/** Without these a registry can't read the models, or never approves a runner. */
const REGISTRY_NEEDS: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: "the registry reads the encrypted models from S3 with it",
  AWS_SECRET_ACCESS_KEY: "the registry reads the encrypted models from S3 with it",
  APPROVED_COMPOSE_HASH: "without it the registry refuses every runner",
};

const RUNNER_NEEDS: Readonly<Record<string, string>> = {
  REGISTRY_URL: "a runner gets the models' keys from there",
};

type Settings = Pick<ClusterSettings, "spawnteePort" | "orchestratorSchema" | "coordinatorWallet">;

/** Every requirement that the registry's file does not meet; empty: it can be deployed. */
export function registryRequirements(compose: ComposeFile, settings: Settings): readonly Finding[] {
  return [
    ...missingPlaceholders(compose, REGISTRY_NEEDS),
    ...missingPort(compose, settings.spawnteePort),
    ...unsetPlaceholders("registry", compose, REGISTRY_NAMES),
  ];
}

/** Every requirement that the runner's file does not meet; empty: it can be deployed. */
export function runnerRequirements(compose: ComposeFile, settings: Settings): readonly Finding[] {
  const names = runnerEnvironmentNamesOf(settings);
  return [
    ...missingPlaceholders(compose, RUNNER_NEEDS),
    ...missingPort(compose, settings.spawnteePort),
    ...unsetPlaceholders("runner", compose, names),
  ];
}

function missingPlaceholders(
  compose: ComposeFile,
  needs: Readonly<Record<string, string>>,
): readonly Finding[] {
  const referred = new Set(compose.placeholders.map(({ name }) => name));
  return Object.entries(needs)
    .filter(([name]) => !referred.has(name))
    .map(([name, why]) => ({
      id: "placeholder-missing",
      severity: "error",
      message: `${compose.path} does not refer to \${${name}}: ${why}`,
      remedy: `add to the service's environment: ${name}=\${${name}}`,
    }));
}

function missingPort(compose: ComposeFile, port: number): readonly Finding[] {
  if (compose.services.some((service) => service.publishedPorts.has(port))) return [];
  const published = [...new Set(compose.services.flatMap((service) => [...service.publishedPorts]))];
  const instead = published.length === 0 ? "no port at all" : `only ${shown(published)}`;
  return [
    {
      id: "port-not-published",
      severity: "error",
      message: `no service in ${compose.path} publishes the spawntee port ${port} (${instead}): the CVM would never be reached`,
      remedy: `publish it, as in ports: ["${port}:8080"], or give the published one with --spawntee-port`,
    },
  ];
}

/** Nothing stands for it and nothing sets it: docker compose puts an empty text there, or stops with `:?`. */
function unsetPlaceholders(
  role: "registry" | "runner",
  compose: ComposeFile,
  set: readonly string[],
): readonly Finding[] {
  return compose.placeholders
    .filter(({ name, fallback }) => fallback === null && !set.includes(name))
    .map(({ name, required }) => ({
      id: "placeholder-not-set",
      severity: required ? "error" : "warning",
      message: required
        ? `${compose.path} requires \${${name}}, and nothing sets it on a ${role}: its services would not start`
        : `\${${name}} in ${compose.path} has no default, and nothing sets it on a ${role}: it would be empty`,
      remedy: `give it a default, as in \${${name}:-value}, or take it out`,
    }));
}

function shown(ports: readonly number[]): string {
  const sorted = ports.toSorted((a, b) => a - b);
  return sorted.length <= 5 ? sorted.join(", ") : `${sorted.slice(0, 4).join(", ")}, … ${sorted.at(-1)}`;
}
