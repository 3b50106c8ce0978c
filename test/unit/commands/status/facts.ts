/** A cluster in memory: what a look at it gives, and what a machine may know of it. */
import { composeHashOf, type AppCompose } from "../../../../src/core/compose-hash.ts";
import type { Cvm, CvmRole } from "../../../../src/core/domain.ts";
import type { CvmOperation, Health } from "../../../../src/core/ports.ts";
import type { ApprovedRecord, ClusterRecord } from "../../../../src/state/record.ts";
import { summarizeJournal } from "../../../../src/state/record.ts";
import type { Knowledge } from "../../../../src/commands/status/knowledge.ts";
import type {
  ClusterSnapshot,
  InspectedCvm,
} from "../../../../src/commands/status/inspect-cluster.ts";

export const NOW = Date.parse("2026-11-24T12:00:00Z");
export const APP_ID = "0123456789abcdef0123456789abcdef01234567";
export const NAMES = ["REGISTRY_URL", "CAPACITY_THRESHOLD"];
export const TEXT = "services:\n  spawn:\n    image: spawntee:1\n";

export const appCompose = (change: Partial<AppCompose> = {}): AppCompose => ({
  docker_compose_file: TEXT,
  allowed_envs: NAMES,
  public_logs: true,
  ...change,
});
export const APPROVED = appCompose();
export const HASH = composeHashOf(APPROVED);

/** ISO time so many seconds ago. */
export const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();

const HEALTH: Record<CvmRole, Health> = {
  registry: {
    status: "healthy",
    service: "secure-spawn",
    mode: "registry+runner",
    uptimeSeconds: 500,
  },
  runner: { status: "healthy", service: "secure-spawn", mode: "runner", uptimeSeconds: 500 },
  "temporary-runner": {
    status: "healthy",
    service: "secure-spawn",
    mode: "runner",
    uptimeSeconds: 500,
  },
};

export function seen(
  role: CvmRole,
  change: Partial<Omit<InspectedCvm, "cvm">> & {
    readonly cvm?: Partial<Cvm>;
    readonly runs?: AppCompose;
    readonly says?: Partial<Health>;
  } = {},
): InspectedCvm {
  const { cvm, runs = APPROVED, says, ...rest } = change;
  const health = { ...HEALTH[role], ...says };
  const name = {
    registry: "bird-registry",
    runner: "bird-runner-00000001",
    "temporary-runner": "bird-runner-temp",
  };
  return {
    cvm: {
      name: name[role],
      appId: role === "registry" ? APP_ID : "ab".repeat(20),
      vmUuid: "cd".repeat(16),
      status: "running",
      inProgress: false,
      composeHash: composeHashOf(runs),
      nodeName: "prod10",
      baseDomain: "example.com",
      instanceType: "tdx.medium",
      createdAt: ago(600),
      ...cvm,
    },
    role,
    url: "https://example.com",
    health: { kind: "answered", value: health },
    startedAtMs: health.uptimeSeconds === null ? null : NOW - health.uptimeSeconds * 1000,
    capacity: {
      kind: "answered",
      value: { acceptingNewModels: true, runningModels: 3, totalMemoryMb: 4096 },
    },
    appCompose: { kind: "present", value: runs },
    incomplete: null,
    ...rest,
  };
}

export const update = (change: Partial<CvmOperation> = {}): CvmOperation => ({
  correlationId: "update-1",
  type: "compose_update",
  status: "completed",
  startedAt: ago(550),
  state: "done",
  completedAt: ago(520),
  errorMessage: null,
  composeHash: null,
  ...change,
});

export const approval = (change: Partial<ApprovedRecord> = {}): ApprovedRecord => ({
  appId: APP_ID,
  at: ago(540),
  hashes: [HASH],
  via: "restart",
  correlationId: "update-1",
  settings: {},
  verified: true,
  historyHead: null,
  vouched: true,
  ...change,
});

export const recordOf = (change: Partial<ClusterRecord> = {}): ClusterRecord => ({
  ...summarizeJournal([], "bird"),
  approvals: [approval()],
  ...change,
});

export const snapshotOf = (
  cvms: readonly InspectedCvm[],
  change: Partial<ClusterSnapshot> = {},
): ClusterSnapshot => ({
  cvms,
  operations: { kind: "present", value: [update()] },
  nowMs: NOW,
  skewMs: 0,
  ...change,
});

export const knowledgeOf = (change: Partial<Knowledge> = {}): Knowledge => ({
  record: recordOf(),
  recorded: new Map([[HASH, APPROVED]]),
  runInProgress: false,
  local: { path: "runner.yml", found: { kind: "file", text: TEXT } },
  environmentNames: NAMES,
  schema: "v1",
  basis: { appCompose: APPROVED, hash: HASH, source: { kind: "recorded", at: ago(700) } },
  ...change,
});
