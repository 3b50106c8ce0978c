/**
 * Checks a CVM's app-compose before its hash is approved or secrets are sent to it. The API could answer anything, so
 * only what can be recomputed and compared with our own files counts.
 */
import { command, hint, phala } from "../core/command-hint.ts";
import type { Code, WarningCode } from "../errors/catalogue.ts";
import { composeHashOf, sha256Hex, type AppCompose } from "../core/compose-hash.ts";
import { parseComposeHash, type ComposeHash } from "../core/domain.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { StepContext } from "../workflow/step.ts";

export type AppComposeExpectation = {
  /** The CVM's name, for messages. */
  readonly name: string;
  /** The API's `compose_hash`. */
  readonly composeHash: unknown;
  readonly composeText: string;
  /** The environment names that were passed, in order. */
  readonly environmentNames: readonly string[];
  /** Digests of the pre-launch scripts of earlier, verified deployments of this cluster. */
  readonly knownScripts: ReadonlySet<string>;
};

export type Anomaly = { readonly code: WarningCode; readonly message: string };

/** @throws ClusterError unless the API's hash has the only form that registries compare. */
export function checkedHash(name: string, text: unknown): ComposeHash {
  const hash = parseComposeHash(text);
  if (hash) return hash;
  throw failed(
    "compose-hash-malformed",
    name,
    `Phala's API gives ${JSON.stringify(text)} as compose hash of ${name}: not 64 lower-case hex digits`,
  );
}

/**
 * Compares an app-compose with our deployment.
 * @returns anomalies, to be reported.
 * @throws ClusterError (verification), one code for each kind of difference.
 */
export function checkAppCompose(
  appCompose: AppCompose,
  expected: AppComposeExpectation,
): readonly Anomaly[] {
  const { name, composeText, environmentNames, knownScripts } = expected;
  const hash = checkedHash(name, expected.composeHash);
  const recomputed = composeHashOf(appCompose);
  if (recomputed !== hash) {
    const what = `the app-compose of ${name} hashes to ${recomputed}, but Phala's API gives ${hash}`;
    throw failed("compose-hash-mismatch", name, what);
  }
  if (appCompose.docker_compose_file !== composeText) {
    const what = `${name} does not run the compose file that was given to it`;
    throw failed("compose-text-mismatch", name, what);
  }
  const names = appCompose.allowed_envs ?? [];
  if (JSON.stringify(names) !== JSON.stringify(environmentNames)) {
    const what = `${name} allows the environment names [${names.join(", ")}], deployed were [${environmentNames.join(", ")}]`;
    throw failed("allowed-envs-mismatch", name, what);
  }
  return findAnomalies(appCompose, name, knownScripts);
}

/** Fields that weaken an app-compose, or are unknown; to be reported. */
export function findAnomalies(
  appCompose: AppCompose,
  name: string,
  knownScripts: ReadonlySet<string>,
): readonly Anomaly[] {
  return [
    ...weakenedFields(appCompose, name),
    ...unknownFields(appCompose, name),
    ...unknownScript(appCompose, name, knownScripts),
  ];
}

/** Emits warnings. @throws ClusterError (verification) with --strict. */
export function reportAnomalies(
  anomalies: readonly Anomaly[],
  { warn, strict }: Pick<StepContext, "warn" | "strict">,
): void {
  for (const { code, message } of anomalies) warn(code, message);
  const [first] = anomalies;
  if (!strict || !first) return;
  throw new ClusterError("verification", first.code, {
    message: anomalies.map(({ message }) => message).join("\n"),
    hint: "nothing was approved; without --strict this is a warning",
  });
}

/** The values of fields in real deployments, if present, and the meaning of any other value. */
const EXPECTED_FIELDS: Readonly<Record<string, readonly [usual: unknown, meaning: string]>> = {
  public_logs: [true, "the container logs are not public, unlike in every deployment seen"],
  public_sysinfo: [true, "system information is not public"],
  public_tcbinfo: [true, "its attestation can't be read from outside"],
  no_instance_id: [false, "all its instances look alike in a quote"],
  local_key_provider_enabled: [false, "its disk keys come from a local provider, not from the KMS"],
  runner: ["docker-compose", "something else than the compose file runs"],
  kms_enabled: [true, "it gets no keys from the KMS"],
};

/** All fields seen in real deployments. */
const SEEN_FIELDS: ReadonlySet<string> = new Set([
  ...Object.keys(EXPECTED_FIELDS),
  "allowed_envs",
  "docker_compose_file",
  "features",
  "gateway_enabled",
  "manifest_version",
  "name",
  "pre_launch_script",
  "secure_time",
  "storage_fs",
  "tproxy_enabled",
]);

function unknownFields(appCompose: AppCompose, name: string): Anomaly[] {
  const fields = Object.keys(appCompose).filter((field) => !SEEN_FIELDS.has(field));
  if (fields.length === 0) return [];
  const message = `${name} has fields that no deployment seen had, and that may change what it runs: ${fields.join(", ")}`;
  return [{ code: "app-compose-field", message }];
}

function weakenedFields(appCompose: AppCompose, name: string): Anomaly[] {
  return Object.entries(EXPECTED_FIELDS)
    .filter(([field, [usual]]) => ![usual, undefined].includes(appCompose[field]))
    .map(([field, [, meaning]]) => ({
      code: "app-compose-field",
      message: `${name}: ${field} is ${JSON.stringify(appCompose[field])}: ${meaning}`,
    }));
}

/** The platform adds its own script, which runs before the containers and is measured. */
function unknownScript(
  appCompose: AppCompose,
  name: string,
  knownScripts: ReadonlySet<string>,
): Anomaly[] {
  const script = appCompose.pre_launch_script;
  if (!script) return [];
  const digest = sha256Hex(script);
  if (knownScripts.has(digest)) return [];
  const message =
    `${name} has a pre-launch script that was not given and not seen before ` +
    `(${Buffer.byteLength(script)} bytes, sha256 ${digest}): a runner with it would get the keys`;
  return [{ code: "pre-launch-script", message }];
}

type HashCode = Extract<Code, `${string}-mismatch` | "compose-hash-malformed">;

function failed(code: HashCode, name: string, message: string): ClusterError {
  // The temporary runner is deleted before this is read.
  const look = name.endsWith("-runner-temp")
    ? command("hash", "--exact")
    : phala("cvms", "get", name, "--json");
  return new ClusterError("verification", code, {
    message,
    hint: hint`nothing was approved; see what the platform builds: ${look}; then ask Phala`,
  });
}
