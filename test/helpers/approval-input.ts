/** What step 8 is given, for a registry on a platform in the test's memory. */
import { parseCompose } from "../../src/compose/compose-file.ts";
import { registrySettings } from "../../src/compose/environment.ts";
import type { ComposeHash } from "../../src/core/domain.ts";
import { summarizeJournal } from "../../src/state/record.ts";
import type { ApproveComposeHashInput } from "../../src/approval/approval.ts";
import { cvmOf, registryFrom } from "./memory-cloud.ts";

export const hashOf = (digit: string): ComposeHash => digit.repeat(64) as ComposeHash;

export const COMPOSE = parseCompose(
  "services:\n  spawntee:\n    image: example/secure-spawn:1\n",
  "registry.yml",
);
export const ENVIRONMENT = [
  { name: "AWS_ACCESS_KEY_ID", value: "AKIA" },
  { name: "APPROVED_COMPOSE_HASH", value: hashOf("a") },
];
/** Runs exactly what an update gives it. */
export const APP_COMPOSE = {
  docker_compose_file: COMPOSE.text,
  allowed_envs: ENVIRONMENT.map(({ name }) => name),
};

export const approvalInput = (
  change: Partial<ApproveComposeHashInput> = {},
): ApproveComposeHashInput => ({
  registry: registryFrom(cvmOf()),
  running: APP_COMPOSE,
  existed: true,
  compose: COMPOSE,
  environment: ENVIRONMENT,
  hashes: [hashOf("a")],
  settings: registrySettings(COMPOSE, ENVIRONMENT),
  record: summarizeJournal([], "bird"),
  via: "auto",
  seen: null,
  shortens: false,
  force: false,
  restores: null,
  gatewayKeyPath: undefined,
  allowDebug: false,
  provenance: {
    who: { login: "ann", user: "ann", host: "desk" },
    command: "init",
    runnerHash: hashOf("a"),
    composeDigest: "d".repeat(64),
    reason: null,
  },
  secretsWithheld: false,
  attestation: undefined,
  ...change,
});
