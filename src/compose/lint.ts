/** What is legal in a compose file and still deserves a word. */
import type { ClusterSettings } from "../inputs/types.ts";
import type { ComposeFile } from "./compose-file.ts";
import { REGISTRY_NAMES, runnerEnvironmentNames } from "./environment.ts";

export type LintFinding = { readonly id: string; readonly message: string; readonly remedy: string };

const SECRET = /SECRET|PASSWORD|TOKEN|PRIVATE_KEY|ACCESS_KEY_ID/;

/** All findings for the two files of a cluster. */
export function lintComposeFiles(
  registry: ComposeFile,
  runner: ComposeFile,
  cluster: ClusterSettings,
): readonly LintFinding[] {
  const runnerNames = runnerEnvironmentNames({
    schema: cluster.orchestratorSchema,
    coordinatorWallet: cluster.coordinatorWallet,
  });
  return [
    ...[registry, runner].flatMap((file) => [
      ...unpinnedImages(file),
      ...debugModes(file),
      ...secretDefaults(file),
    ]),
    ...differentImages(registry, runner),
    ...unsetPlaceholders(registry, REGISTRY_NAMES),
    ...unsetPlaceholders(runner, runnerNames),
    ...unreadNames(runner, runnerNames),
  ];
}

function unpinnedImages(file: ComposeFile): LintFinding[] {
  return file.services
    .filter(({ image }) => image !== null && !/@sha256:[0-9a-f]{64}$/.test(image))
    .map(({ name, image }) => ({
      id: "image-not-pinned",
      message: `${file.path}: ${name} runs ${image}: a tag can be given to other code, so the compose hash does not pin what runs`,
      remedy: "pin it by digest: name@sha256:…",
    }));
}

function debugModes(file: ComposeFile): LintFinding[] {
  return file.services
    .filter(({ environment }) => /^(true|1|yes|on)$/i.test(environment["DEBUG_MODE"] ?? ""))
    .map(({ name }) => ({
      id: "debug-mode",
      message: `${file.path}: ${name} has DEBUG_MODE on: what it logs can be read outside the TEE`,
      remedy: "set DEBUG_MODE=false or remove it",
    }));
}

function secretDefaults(file: ComposeFile): LintFinding[] {
  return file.placeholders
    .filter(({ name, fallback }) => SECRET.test(name) && fallback !== null && fallback !== "")
    .map(({ name }) => ({
      id: "secret-default",
      message: `${file.path}: ${name} has a default in the file, which is public as soon as the CVM runs`,
      remedy: `write \${${name}} without a default`,
    }));
}

function differentImages(registry: ComposeFile, runner: ComposeFile): LintFinding[] {
  const images = [registry, runner].map((file) =>
    file.services
      .map(({ image }) => image ?? "")
      .toSorted()
      .join(", "),
  );
  if (images[0] === images[1]) return [];
  return [
    {
      id: "different-images",
      message: `registry and runner run different images: ${images[0]} and ${images[1]}`,
      remedy: "use the same image in both files; the mode decides what it does",
    },
  ];
}

function unsetPlaceholders(file: ComposeFile, set: readonly string[]): LintFinding[] {
  return file.placeholders
    .filter(({ name, fallback }) => fallback === null && !set.includes(name))
    .map(({ name }) => ({
      id: "placeholder-unset",
      message: `${file.path}: nothing sets ${name}, and it has no default`,
      remedy: `give it one: \${${name}:-value}`,
    }));
}

function unreadNames(runner: ComposeFile, names: readonly string[]): LintFinding[] {
  const referred = new Set(runner.placeholders.map(({ name }) => name));
  return names
    .filter((name) => !referred.has(name))
    .map((name) => ({
      id: "name-unread",
      message: `${runner.path}: the orchestrator sets ${name}, and the file does not refer to it`,
      remedy: `add ${name}=\${${name}} to the environment of its service`,
    }));
}
