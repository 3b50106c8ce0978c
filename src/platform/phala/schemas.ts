/**
 * Schemas of Phala's answers, in both versions (2026-01-21, and 2025-10-28 with its list items): they tolerate new fields
 * and are strict about those we use. Sources: `@phala/cloud` 0.2.9, and answers of the real API.
 */
import * as z from "zod";
import type { Cvm } from "../../core/domain.ts";
import type {
  Account,
  CvmIdentity,
  CvmOperation,
  InstanceType,
  PlatformNode,
  OperationState,
} from "../../core/ports.ts";
import { utcTimestamp } from "../../lib/timestamp.ts";

const text = z.string().nullish();
const named = z.object({ name: text }).nullish();
const textOrNumber = z.union([z.string(), z.number()]);
const time = textOrNumber.nullish();

const cvmSchema = z.object({
  name: text,
  app_id: text,
  vm_uuid: text,
  status: text,
  progress: z.object({ target: text }).nullish(),
  in_progress: z.boolean().nullish(),
  compose_hash: text,
  gateway: z.object({ base_domain: text }).nullish(),
  gateway_domain: text,
  node_info: named,
  node: named,
  teepod: named,
  resource: z.object({ instance_type: text }).nullish(),
  instance_type: text,
  /** The CVM's own fields in list items of the old schema. */
  hosted: z.object({ id: text, name: text, app_id: text, status: text }).nullish(),
  created_at: time,
});

type CvmAnswer = z.infer<typeof cvmSchema>;

/** Statuses of deleted CVMs. A CVM that can be started again is `stopped`. */
const DELETED: ReadonlySet<string> = new Set(["deleted", "terminated", "destroyed", "removed"]);

/** The platform may still report deleted CVMs: such a status is equivalent to a 404. */
export const isDeleted = ({ status }: Pick<Cvm, "status">): boolean => DELETED.has(status);

const APP_ID = /^[\da-f]{40}$/i;

/** The dashboard and some answers write an app_id with the prefix `app_`, and a uuid with dashes. */
export function bareAppId(id: string): string {
  const bare = id.replace(/^app_/, "");
  return APP_ID.test(bare) ? bare.toLowerCase() : bare;
}
export const bareUuid = (id: string): string => id.replaceAll("-", "").toLowerCase();

export const cvm = cvmSchema.transform((answer): Cvm => ({
  ...identityOf(answer),
  ...placeOf(answer),
  status: (answer.status ?? answer.hosted?.status ?? "unknown").toLowerCase(),
  inProgress: answer.in_progress === true || Boolean(answer.progress?.target),
  composeHash: answer.compose_hash ?? null,
  createdAt: utcTimestamp(answer.created_at),
}));

function placeOf(answer: CvmAnswer): Pick<Cvm, "nodeName" | "baseDomain" | "instanceType"> {
  return {
    nodeName: answer.node_info?.name ?? answer.teepod?.name ?? answer.node?.name ?? null,
    baseDomain: answer.gateway?.base_domain ?? answer.gateway_domain ?? null,
    instanceType: answer.resource?.instance_type ?? answer.instance_type ?? null,
  };
}

function identityOf({ name, app_id: appId, vm_uuid: vmUuid, hosted }: CvmAnswer): CvmIdentity {
  const app = appId || hosted?.app_id;
  const uuid = vmUuid || hosted?.id;
  return {
    name: name ?? hosted?.name ?? "",
    appId: app ? bareAppId(app) : null,
    vmUuid: uuid ? bareUuid(uuid) : null,
  };
}

/** The identity of a list item, without parsing the rest: there may be 100,000 items. */
export function identityOfItem(item: unknown): CvmIdentity {
  const fields = isRecord(item) ? item : {};
  const hosted = isRecord(fields["hosted"]) ? fields["hosted"] : {};
  return identityOf({
    name: textOf(fields["name"]),
    app_id: textOf(fields["app_id"]),
    vm_uuid: textOf(fields["vm_uuid"]),
    hosted: {
      id: textOf(hosted["id"]),
      name: textOf(hosted["name"]),
      app_id: textOf(hosted["app_id"]),
    },
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

export const cvmPage = z.object({
  items: z.array(z.unknown()),
  total: z.number(),
  page: z.number(),
  pages: z.number().int().nonnegative(),
});

const credits = z
  .object({
    balance: textOrNumber,
    granted_balance: textOrNumber.nullish(),
    is_post_paid: z.boolean().nullish(),
  })
  .nullish();

export const account = z
  .object({
    user: z.object({ username: z.string() }),
    workspace: z.object({ name: z.string(), id: textOrNumber.nullish().catch(null) }).nullish(),
    credits,
  })
  .transform((answer): Account => ({
    username: answer.user.username,
    workspace: answer.workspace?.name ?? "",
    workspaceId: answer.workspace?.id == null ? null : String(answer.workspace.id) || null,
    creditUsd: creditOf(answer.credits),
    postPaid: answer.credits?.is_post_paid === true,
  }));

function creditOf(given: z.infer<typeof credits>): number | null {
  if (!given) return null;
  const sum = Number(given.balance) + Number(given.granted_balance ?? 0);
  return Number.isFinite(sum) ? sum : null;
}

export const nodes = z
  .object({
    nodes: z.array(
      z.object({
        teepod_id: z.number(),
        name: z.string(),
        listed: z.boolean().nullish(),
        region_identifier: text,
      }),
    ),
  })
  .transform(({ nodes: list }): PlatformNode[] =>
    list.map((node) => ({
      id: node.teepod_id,
      name: node.name,
      region: node.region_identifier ?? null,
      listed: node.listed !== false,
    })),
  );

const instanceType = z.object({
  id: z.string(),
  vcpu: z.number(),
  memory_mb: z.number(),
  hourly_rate: textOrNumber,
  requires_gpu: z.boolean().nullish(),
});

export const instanceTypes = z
  .object({ result: z.array(z.object({ items: z.array(instanceType) })) })
  .transform(({ result }): InstanceType[] =>
    result
      .flatMap((family) => family.items)
      .map((type) => ({
        id: type.id,
        vcpu: type.vcpu,
        memoryMb: type.memory_mb,
        hourlyRate: String(type.hourly_rate),
        requiresGpu: type.requires_gpu === true,
      })),
  );

const operationItems = z.array(
  z.object({
    correlation_id: text,
    operation_type: text,
    status: text,
    started_at: time,
    completed_at: time,
    error_message: text,
    compose_hash: text,
  }),
);

export const operations = z
  .object({ items: operationItems })
  .transform(({ items }): CvmOperation[] =>
    newestFirst(items).map((item) => {
      const status = item.status ?? "";
      const completedAt = utcTimestamp(item.completed_at);
      const errorMessage = item.error_message || null;
      const startedAt = utcTimestamp(item.started_at);
      return {
        correlationId: operationIdOf(item.correlation_id, startedAt),
        type: item.operation_type ?? "",
        status,
        state: operationState(status, errorMessage, completedAt),
        startedAt,
        completedAt,
        errorMessage,
        composeHash: item.compose_hash ?? null,
      };
    }),
  );

/** Sorted by their start times, if all have one; else in the platform's order. */
function newestFirst<T extends { readonly started_at?: string | number | null | undefined }>(
  items: readonly T[],
): readonly T[] {
  const startedMs = ({ started_at: at }: T): number => Date.parse(utcTimestamp(at) ?? "");
  if (items.some((item) => Number.isNaN(startedMs(item)))) return items;
  return items.toSorted((a, b) => startedMs(b) - startedMs(a));
}

export const appCompose = z.looseObject({
  docker_compose_file: z.string().optional(),
  allowed_envs: z.array(z.string()).optional(),
  pre_launch_script: z.string().nullish(),
});

const words = (list: string): ReadonlySet<string> => new Set(list.split(" "));

const DONE = words("completed complete succeeded success successful done");
const FAILED = words(
  "failed failure error errored cancelled canceled aborted rejected timed_out timedout timeout rolled_back rolledback expired denied killed",
);
const RUNNING = words(
  "in_progress inprogress running pending queued started starting processing scheduled accepted created waiting retrying cancelling canceling rolling_back",
);

/**
 * Identifies an operation of a CVM: two never start at the same time. Null if the platform sends neither.
 */
export const operationIdOf = (
  correlationId: string | null | undefined,
  startedAt: string | null,
): string | null => correlationId ?? (startedAt === null ? null : `started ${startedAt}`);

/**
 * An operation is done only if its status is a known word for that, and no other field contradicts it.
 * @param errorMessage the platform's description of a failure.
 * @param completedAt when it ended; an operation that has ended can't be running.
 */
export function operationState(
  status: string,
  errorMessage: string | null,
  completedAt: string | null,
): OperationState {
  const word = status
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, "_");
  if (FAILED.has(word)) return "failed";
  if (DONE.has(word)) return errorMessage ? "failed" : "done";
  return RUNNING.has(word) && completedAt === null ? "running" : "unknown";
}
