/** The coordinator of a cluster of schema v2: its key, the wallet that goes with it, and a registry that knows it. */
import { createHash, createPublicKey } from "node:crypto";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { gatewayKey } from "./gateway-key.ts";
import { COMPOSE_FOLDER } from "./program.ts";

/** In this order an orchestrator of schema v2 that has a wallet gives them to its runners. */
export const V2_RUNNER_NAMES = [
  "REGISTRY_URL",
  "CAPACITY_THRESHOLD",
  "MODEL_MEMORY_LIMIT_MB",
  "GATEWAY_AUTH_COORDINATOR_WALLET",
] as const;

/** In the folder that the program runs in. */
export const V2_FILES = ["gateway.pem", "registry.yml"] as const;

/** Writes a key, another one for each name. @returns its file. */
export async function makeGatewayKey(folder: string, name: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, gatewayKey(name), { mode: 0o600 });
  return file;
}

/** Makes the files of such a cluster: the key, and a copy of the shipped registry compose file. */
export async function makeV2Files(folder: string): Promise<void> {
  const [key, registry] = V2_FILES;
  await makeGatewayKey(folder, key);
  await copyFile(
    path.join(COMPOSE_FOLDER, "docker-compose.phala.registry.yml"),
    path.join(folder, registry),
  );
}

/** What the operator of such a cluster has in the environment. */
export async function v2Environment(folder: string): Promise<Record<string, string>> {
  const [key, registry] = V2_FILES;
  const pem = await readFile(path.join(folder, key), "utf8");
  const spki = createPublicKey(pem).export({ type: "spki", format: "der" });
  return {
    GATEWAY_KEY_PATH: key,
    // The sandbox's stand-in for a wallet.
    GATEWAY_AUTH_COORDINATOR_WALLET: `sandbox:${createHash("sha256").update(spki).digest("hex")}`,
    TEE_CLUSTER_ORCHESTRATOR_SCHEMA: "v2",
    TEE_CLUSTER_REGISTRY_COMPOSE: path.join(folder, registry),
  };
}
