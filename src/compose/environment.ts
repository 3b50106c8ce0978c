/**
 * The environments that CVMs are deployed with. Names and their order are part of a compose hash, values are not;
 * everything takes them from here.
 */
import type { OrchestratorSchema } from "../core/domain.ts";
import type { AwsCredentials, ClusterSettings } from "../core/settings.ts";
import type { EnvironmentVariable } from "../core/ports.ts";
import type { ComposeFile } from "./compose-file.ts";

/**
 * What the orchestrator gives its runners, in its order: v1 as of 2026-02-16, v2 from 2026-02-23.
 * Source: `_provision_new_runner()` in crunchdao/model-orchestrator, infrastructure/phala/_cluster.py.
 */
const RUNNER_NAMES: Readonly<Record<OrchestratorSchema, readonly string[]>> = {
  v1: ["REGISTRY_URL", "CAPACITY_THRESHOLD"],
  v2: ["REGISTRY_URL", "CAPACITY_THRESHOLD", "MODEL_MEMORY_LIMIT_MB"],
};

/** Only schema v2 passes it on, last, and only where it is set. */
export const WALLET = "GATEWAY_AUTH_COORDINATOR_WALLET";

/** The registry's approved list, separated by commas. */
export const APPROVED_LIST = "APPROVED_COMPOSE_HASH";

export function runnerEnvironmentNames(orchestrator: {
  readonly schema: OrchestratorSchema;
  readonly coordinatorWallet: string | undefined;
}): readonly string[] {
  const names = RUNNER_NAMES[orchestrator.schema];
  return orchestrator.schema === "v2" && orchestrator.coordinatorWallet
    ? [...names, WALLET]
    : names;
}

/** The same, of a cluster's settings. */
export function runnerEnvironmentNamesOf({
  orchestratorSchema: schema,
  coordinatorWallet,
}: Pick<ClusterSettings, "orchestratorSchema" | "coordinatorWallet">): readonly string[] {
  return runnerEnvironmentNames({ schema, coordinatorWallet });
}

/** Whether a runner with these names was given the coordinator's wallet. */
export function haveWallet(names: readonly string[]): boolean {
  return names.includes(WALLET);
}

/** Whether these are the names, in order, that an orchestrator of any schema gives its runners. */
export function areOrchestratorsNames(names: readonly string[]): boolean {
  const text = names.join();
  return [...Object.values(RUNNER_NAMES), [...RUNNER_NAMES.v2, WALLET]].some(
    (own) => own.join() === text,
  );
}

/** A runner's environment, with the names above in their order. */
export function runnerEnvironment(
  settings: ClusterSettings,
  registryUrl: string,
): readonly EnvironmentVariable[] {
  const values: Record<string, string> = {
    REGISTRY_URL: registryUrl,
    CAPACITY_THRESHOLD: String(settings.capacityThreshold),
    MODEL_MEMORY_LIMIT_MB: String(settings.memoryPerModelMb),
    [WALLET]: settings.coordinatorWallet ?? "",
  };
  return runnerEnvironmentNamesOf(settings).map((name) => ({ name, value: values[name] ?? "" }));
}

type RegistryEnvironment = {
  readonly compose: ComposeFile;
  readonly settings: ClusterSettings;
  readonly aws: AwsCredentials;
  /** Empty before the first approval: the registry then refuses every runner. */
  readonly approvedHashes: readonly string[];
  /** Undefined before the node is known: the empty value lets the compose file's default stand. */
  readonly baseDomain: string | undefined;
};

/**
 * The registry's whole environment: every name that its compose file refers to and that we ever set, from the
 * first deployment on, so that its own compose hash stays the same when the values come; then what the operator
 * passes beyond (`--registry-env`), whether the file refers to it or dstack takes it.
 */
export function registryEnvironment(from: RegistryEnvironment): readonly EnvironmentVariable[] {
  const { compose, settings, aws } = from;
  const values: Readonly<Record<RegistryName, string>> = {
    AWS_ACCESS_KEY_ID: aws.accessKeyId,
    AWS_SECRET_ACCESS_KEY: aws.secretAccessKey,
    AWS_REGION: aws.region,
    CAPACITY_THRESHOLD: String(settings.capacityThreshold),
    [APPROVED_LIST]: from.approvedHashes.join(","),
    CVM_BASE_DOMAIN: from.baseDomain ?? "",
    [WALLET]: settings.coordinatorWallet ?? "",
  };
  const own = registryEnvironmentNames(compose).map((name) => ({ name, value: values[name] }));
  return [...own, ...settings.registryEnv];
}

/** The names of that environment, in its order: what the registry's `allowed_envs` must be. */
export function registryEnvironmentNames(compose: ComposeFile): readonly RegistryName[] {
  const referred = new Set(compose.placeholders.map(({ name }) => name));
  return OWN_NAMES.filter((name) => referred.has(name));
}

const OWN_NAMES = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_REGION",
  "CAPACITY_THRESHOLD",
  APPROVED_LIST,
  "CVM_BASE_DOMAIN",
  WALLET,
] as const;
type RegistryName = (typeof OWN_NAMES)[number];

/** Names that this tool gives a value; anything else in a registry's environment is the operator's. */
export const REGISTRY_NAMES: readonly string[] = OWN_NAMES;

/** The operator's among the names that a registry was given. */
export function furtherNames(names: readonly string[]): readonly string[] {
  return names.filter((name) => !REGISTRY_NAMES.includes(name));
}

export type RegistrySettings = Readonly<Record<string, string>>;

const COMPOSE_DIGEST = "compose file (sha256)";
const ENVIRONMENT_NAMES = "environment names";

/** The list is recorded apart, and no secret is. */
const UNRECORDED = new Set(["AWS_SECRET_ACCESS_KEY", APPROVED_LIST]);

/** Everything that an update sends, without secrets: of further variables (`--registry-env`) only the names. */
export function registrySettings(
  compose: ComposeFile,
  environment: readonly EnvironmentVariable[],
): RegistrySettings {
  const shown = environment.filter(
    ({ name }) => REGISTRY_NAMES.includes(name) && !UNRECORDED.has(name),
  );
  return {
    ...Object.fromEntries(shown.map(({ name, value }) => [name, value])),
    [COMPOSE_DIGEST]: compose.digest,
    [ENVIRONMENT_NAMES]: environment.map(({ name }) => name).join(","),
  };
}

/** SHA-256 of the compose text that the registry was given. */
export function composeDigestOf(settings: RegistrySettings): string | undefined {
  return settings[COMPOSE_DIGEST];
}

/** The environment names that the registry was given, in order. */
export function environmentNamesOf(settings: RegistrySettings): readonly string[] {
  return (settings[ENVIRONMENT_NAMES] ?? "").split(",").filter((name) => name !== "");
}

/** One line per setting that differs. */
export function settingsDifference(
  before: RegistrySettings,
  after: RegistrySettings,
): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${before[name] ?? "(none)"} -> ${after[name] ?? "(none)"}`);
}

/** By how a name ends: `TOKEN_FILE` and `SECRET_NAME` are none. */
const SECRET =
  /(?:SECRET|PASSWORD|PASSWD|PASSPHRASE|TOKEN|CREDENTIALS?|PRIVATE_KEY|API_?KEY|ACCESS_KEY(?:_ID)?|SECRET_KEY)$/;

export const isSecretName = (name: string): boolean => SECRET.test(name.toUpperCase());

/** A line of a compose file in which the values and defaults of secrets are replaced by `…`. */
export function maskSecrets(line: string): string {
  return line
    .replaceAll(/\$\{(\w+)(:?[-+])[^}]*\}/g, (whole, name: string, operator: string) =>
      isSecretName(name) ? `\${${name}${operator}…}` : whole,
    )
    .replaceAll(
      /\b(\w+)(["']?\s*[:=]\s*)([^\s,}\]].*)$/g,
      (whole, name: string, sign: string, value: string) =>
        isSecretName(name) && !/^["']?\$\{?\w+(?::?[-+]…?)?\}?["']?$/.test(value)
          ? `${name}${sign}…`
          : whole,
    )
    .replaceAll(/:\/\/[^\s/@]+:[^\s/@]+@/g, "://…@")
    .replaceAll(/\b(A[KS]IA)[A-Z0-9]{12,}/g, "$1…");
}

/** Whether a text has a secret in it, by the names of its variables and the form of its values. */
export function holdsSecret(text: string): boolean {
  return text.split("\n").some((line) => {
    // Without a comment behind it, and defaults and values that are empty.
    const bare = line
      .replace(/(\S)\s+#.*$/, "$1")
      .replaceAll(/\$\{(\w+):?[-+]\}/g, "$${$1}")
      .replace(/["']{2}\s*$/, "");
    return maskSecrets(bare) !== bare;
  });
}
