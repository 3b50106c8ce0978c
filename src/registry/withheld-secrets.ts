/** The AWS keys of a new registry: it gets them in step 8, once it is attested, where it starts without them. */
import type { ComposeFile } from "../compose/compose-file.ts";
import { furtherNames } from "../compose/environment.ts";
import { interpolate } from "../compose/interpolation.ts";
import { leavesOf } from "../compose/tree.ts";
import type { EnvironmentVariable } from "../core/ports.ts";
import { ClusterError } from "../errors/cluster-error.ts";
import type { ClusterRecord } from "../state/record.ts";
import { creationsOf } from "./concurrent-updates.ts";
import type { Registry } from "./registry.ts";

const AWS_KEYS: ReadonlySet<string> = new Set(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);

/** The AWS keys, and what the operator passes with `--registry-env`: it may be a secret. */
const isSecret = (name: string): boolean => AWS_KEYS.has(name) || furtherNames([name]).length > 0;

/** The same names in the same order, and so the same compose hash, without the secrets' values. */
export function withoutSecrets(
  environment: readonly EnvironmentVariable[],
): readonly EnvironmentVariable[] {
  return environment.map(({ name, value }) => ({ name, value: isSecret(name) ? "" : value }));
}

/** Secrets without which docker compose does not start the file: `${NAME:?message}`. */
export function secretsNeededToStart(
  compose: ComposeFile,
  environment: readonly EnvironmentVariable[],
): readonly string[] {
  const values = new Map(withoutSecrets(environment).map(({ name, value }) => [name, value]));
  const missing = new Set<string>();
  for (const { node } of leavesOf(compose.root)) {
    if (typeof node.value !== "string") continue;
    interpolate(
      node.value,
      (name) => values.get(name),
      (name) => missing.add(name),
    );
  }
  return [...missing].filter(isSecret);
}

/** What a new registry is given at first, and which secrets it is given unverified. */
export type FirstEnvironment = {
  readonly environment: readonly EnvironmentVariable[];
  readonly withheld: boolean;
  /** Sent all the same, because it does not start without them. */
  readonly needed: readonly string[];
};

export function firstEnvironment(
  compose: ComposeFile,
  environment: readonly EnvironmentVariable[],
): FirstEnvironment {
  const needed = secretsNeededToStart(compose, environment);
  if (needed.length > 0) return { environment, withheld: false, needed };
  const withheld = environment.some(({ name, value }) => isSecret(name) && value !== "");
  return { environment: withoutSecrets(environment), withheld, needed };
}

/** @throws ClusterError `secrets-needed-to-start` (input): with `--attest require` no secret leaves unverified. */
export function assertSecretsCanWait({ path }: ComposeFile, { needed }: FirstEnvironment): void {
  if (needed.length === 0) return;
  throw new ClusterError("input", "secrets-needed-to-start", {
    message: `${path} does not start without ${needed.join(" and ")}, and with --attest require they are sent only to an attested registry`,
    hint: `give it an empty default, as in \${${needed[0]}:-}, or use --attest auto`,
  });
}

/** Whether it was made without its secrets, and no recorded update has given it any since. */
export function wasMadeWithoutSecrets(registry: Registry, record: ClusterRecord): boolean {
  const made = creationsOf(registry, record).some(({ emptyNames }) =>
    (emptyNames ?? []).some(isSecret),
  );
  const wasUpdated = record.approvals.some(
    ({ appId, via }) => appId === registry.appId && via === "restart",
  );
  return made && !wasUpdated;
}
