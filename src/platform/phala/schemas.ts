/**
 * Phala's answers at the border (schema 2026-01-21): tolerant of fields that are new, strict about the ones we use.
 * Source of the shapes: the schemas of `@phala/cloud` 0.2.9, and answers of the real API.
 */
import { z } from "zod";
import type { Cvm } from "../../core/domain.ts";
import type { Account, CvmOperation, InstanceType, PlatformNode } from "../../core/ports.ts";

const text = z.string().nullish();

const cvmSchema = z.object({
  name: z.string(),
  app_id: text,
  vm_uuid: text,
  status: z.string(),
  progress: z.object({ target: text }).nullish(),
  in_progress: z.boolean().nullish(),
  compose_hash: text,
  node_info: z.object({ name: text }).nullish(),
  gateway: z.object({ base_domain: text }).nullish(),
  resource: z.object({ instance_type: text }).nullish(),
  created_at: text,
});

/** The dashboard and some answers put `app_` before an app_id, and dashes into a uuid. */
export const bareAppId = (id: string): string => id.replace(/^app_/, "");
export const bareUuid = (id: string): string => id.replaceAll("-", "").toLowerCase();

export const cvm = cvmSchema.transform((answer): Cvm => ({
  name: answer.name,
  appId: answer.app_id ? bareAppId(answer.app_id) : null,
  vmUuid: answer.vm_uuid ? bareUuid(answer.vm_uuid) : null,
  status: answer.status.toLowerCase(),
  inProgress: answer.in_progress === true || Boolean(answer.progress?.target),
  composeHash: answer.compose_hash ?? null,
  nodeName: answer.node_info?.name ?? null,
  baseDomain: answer.gateway?.base_domain ?? null,
  instanceType: answer.resource?.instance_type ?? null,
  createdAt: answer.created_at ?? null,
}));

export const cvmPage = z.object({
  items: z.array(cvm),
  total: z.number(),
  page: z.number(),
  pages: z.number().int().nonnegative(),
});

const amount = z.union([z.string(), z.number()]);

export const account = z
  .object({
    user: z.object({ username: z.string() }),
    workspace: z.object({ name: z.string() }).nullish(),
    credits: z
      .object({ balance: amount, granted_balance: amount.nullish(), is_post_paid: z.boolean().nullish() })
      .nullish(),
  })
  .transform((answer): Account => ({
    username: answer.user.username,
    workspace: answer.workspace?.name ?? "",
    creditUsd: creditOf(answer.credits),
    postPaid: answer.credits?.is_post_paid === true,
  }));

function creditOf(
  credits:
    | { balance: string | number; granted_balance?: string | number | null | undefined }
    | null
    | undefined,
): number | null {
  if (!credits) return null;
  const sum = Number(credits.balance) + Number(credits.granted_balance ?? 0);
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
  hourly_rate: z.union([z.string(), z.number()]),
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

export const operations = z
  .object({
    items: z.array(
      z.object({
        correlation_id: text,
        operation_type: z.string(),
        status: z.string(),
        started_at: text,
        completed_at: text,
        error_message: text,
        compose_hash: text,
      }),
    ),
  })
  .transform(({ items }): CvmOperation[] =>
    items.map((item) => ({
      correlationId: item.correlation_id ?? null,
      type: item.operation_type,
      status: item.status,
      startedAt: item.started_at ?? null,
      completedAt: item.completed_at ?? null,
      errorMessage: item.error_message ?? null,
      composeHash: item.compose_hash ?? null,
    })),
  );

export const appCompose = z.looseObject({
  docker_compose_file: z.string().optional(),
  allowed_envs: z.array(z.string()).optional(),
  pre_launch_script: z.string().nullish(),
});
