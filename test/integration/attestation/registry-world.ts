/** A sandbox with one registry that has been up for an hour, and the program's own adapters to it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { AttestationSources } from "../../../src/core/attestation.ts";
import { createAttestationSources } from "../../../src/platform/attestation/sources.ts";
import type { Clock } from "../../../src/core/ports.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { createHttpClient } from "../../../src/platform/net/http.ts";
import { buildAppCompose } from "../../../src/sandbox/app-compose.ts";
import { loadAuthority, deriveAppKeys } from "../../../src/sandbox/attestation/authority.ts";
import { commit } from "../../../src/sandbox/cloud.ts";
import { startSandbox, type Sandbox, type SandboxOptions } from "../../../src/sandbox/index.ts";
import { DEFAULT_TIMINGS } from "../../../src/sandbox/model.ts";
import { provision } from "../../../src/sandbox/cloud.ts";
import { CloudStore } from "../../../src/sandbox/store.ts";
import { readTrust } from "../../../src/trust/read-trust.ts";
import type { Trust } from "../../../src/trust/trust-file.ts";

export const COMPOSE = "services:\n  spawntee:\n    image: spawntee\n";
export const BASE_DOMAIN = "dstack-pha-prod10.phala.network";

/** Pauses take no time, and are what time passes by. */
export function clockOfPauses(): Clock {
  let passed = 0;
  return {
    ...systemClock,
    monotonic: () => passed,
    async sleep(ms, signal) {
      signal.throwIfAborted();
      passed += ms;
    },
  };
}

export type RegistryWorld = {
  readonly folder: string;
  readonly sandbox: Sandbox;
  readonly sources: AttestationSources;
  readonly trust: Trust;
  readonly appId: string;
  /** Of the environment, as the KMS derives it. */
  readonly publicKey: string;
  close(): Promise<void>;
};

export async function openRegistryWorld(
  options: Partial<SandboxOptions> = {},
): Promise<RegistryWorld> {
  const folder = await mkdtemp(path.join(tmpdir(), "tee-cluster-attestation-"));
  const sandbox = await startSandbox({ stateDir: folder, ...options });
  const http = createHttpClient({});
  const sources = createAttestationSources({
    apiUrl: sandbox.apiUrl,
    apiKey: sandbox.apiKey,
    collateralUrl: sandbox.collateralUrl,
    cacheDir: folder,
    http,
    clock: clockOfPauses(),
    onDetail: () => undefined,
  });
  const { trust } = await readTrust(undefined, sandbox.trust);
  const { appId, kmsPublicKey: publicKey } = await makeRegistry(folder);
  return {
    folder,
    sandbox,
    sources,
    trust,
    appId,
    publicKey,
    async close() {
      await sandbox.close();
      await http.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeRegistry(folder: string): Promise<{ appId: string; kmsPublicKey: string }> {
  const { kms } = await loadAuthority(folder);
  return new CloudStore(folder).change((state) => {
    const appCompose = buildAppCompose({ docker_compose_file: COMPOSE, allowed_envs: ["A"] });
    const request = { name: "bird-registry", nodeId: 18, instanceType: "tdx.medium", appCompose };
    const provisioned = provision(state, request, (id) => deriveAppKeys(kms, id));
    const now = Date.now() - 3_600_000;
    const made = { ...provisioned.result, encryptedEnv: null, now, timings: DEFAULT_TIMINGS };
    return commit(provisioned.state, made);
  });
}
