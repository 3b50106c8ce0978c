/** A CVM of somebody else, of which the platform does not tell the name. */
import { buildAppCompose, composeHashOf } from "./app-compose.ts";
import { NODES } from "./catalog.ts";
import type { CvmState } from "./model.ts";

/** In lists only: it belongs to no cloud. An empty name stands for none. */
export function foreignCvm(): CvmState {
  const appCompose = buildAppCompose({ docker_compose_file: "services: {web: {image: nginx}}\n" });
  const composeHash = composeHashOf(appCompose);
  const operation = {
    correlationId: "foreign",
    type: "create" as const,
    startedAt: 0,
    oldServesMs: 0,
  };
  return {
    id: 1_000_000,
    name: "",
    appId: "e".repeat(40),
    vmUuid: "eeeeeeeeeeee4eee8eeeeeeeeeeeeeee",
    nodeId: NODES[0]?.id ?? 0,
    instanceType: "tdx.small",
    createdAt: 0,
    deletedAt: null,
    kmsPrivateKey: "",
    kmsPublicKey: "00".repeat(32),
    current: { appCompose, composeHash, encryptedEnv: null },
    previous: null,
    operations: [{ ...operation, durationMs: 0, composeHash }],
    pushed: null,
  };
}
