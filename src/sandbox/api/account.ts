/** The account, the nodes, the sizes, the workspaces: what is there without any CVM. */
import { NODES, INSTANCE_TYPES } from "../catalog.ts";
import { Refusal } from "../refusal.ts";
import { get, onePage, type Route } from "./route.ts";
import { nodeInfo, type ApiVersion } from "../responses.ts";

function workspaceOf(slug: string): typeof WORKSPACE {
  if (slug === WORKSPACE.slug) return WORKSPACE;
  throw new Refusal(404, { detail: "Workspace not found" });
}

export const ACCOUNT_ROUTES: readonly Route[] = [
  get("/auth/me", ({ world, request }) => account(world.creditUsd, request.version)),
  get("/teepods/available", () => nodes()),
  get("/instance-types", () => instanceTypes()),
  get("/instance-types/:id", (_reading, family) => instanceTypesOf(family)),
  get("/os-images", () => onePage([OS_IMAGE])),
  get("/user/ssh-keys", () => []),
  get("/workspaces", () => ({
    data: [WORKSPACE],
    pagination: { has_more: false, next_cursor: null, total: 1 },
  })),
  get("/workspaces/:id", (_reading, slug) => workspaceOf(slug)),
  get("/workspaces/:id/nodes", (_reading, slug) => {
    workspaceOf(slug);
    return onePage(NODES.map(nodeInfo));
  }),
  get("/workspaces/:id/quotas", ({ now }, slug) => quotas(workspaceOf(slug).slug, now)),
];

const WORKSPACE = {
  id: "ws_sandbox",
  name: "sandbox",
  slug: "sandbox",
  tier: "free",
  role: "owner",
  is_default: true,
  created_at: "2026-01-01T00:00:00Z",
} as const;

function account(creditUsd: number, version: ApiVersion): unknown {
  if (version === "2025-10-28")
    return {
      username: "sandbox",
      email: "sandbox@example.com",
      credits: creditUsd,
      granted_credits: 0,
      avatar: "",
      team_name: "sandbox",
      team_tier: "free",
    };
  return {
    user: {
      username: "sandbox",
      email: "sandbox@example.com",
      role: "user",
      avatar: "",
      email_verified: true,
      totp_enabled: false,
      has_backup_codes: false,
      flag_has_password: true,
    },
    workspace: {
      id: WORKSPACE.id,
      name: WORKSPACE.name,
      slug: WORKSPACE.slug,
      tier: WORKSPACE.tier,
      role: WORKSPACE.role,
      avatar: null,
    },
    credits: {
      balance: String(creditUsd),
      granted_balance: "0",
      is_post_paid: false,
      outstanding_amount: null,
    },
  };
}

function nodes(): unknown {
  return {
    tier: "free",
    capacity: { max_instances: null, max_vcpu: null, max_memory: null, max_disk: null },
    nodes: NODES.map((node) => ({
      teepod_id: node.id,
      name: node.name,
      listed: true,
      resource_score: 1,
      remaining_vcpu: 64,
      remaining_memory: 262_144,
      remaining_cvm_slots: 50,
      images: [],
      region_identifier: node.region,
      kms_list: [],
    })),
    kms_list: [],
  };
}

const FAMILY = "cpu";

function instanceTypes(): unknown {
  const items = typesOfFamily();
  return { result: [{ name: FAMILY, items, total: items.length }] };
}

/** @throws Refusal (404) for a family that there is none of. */
function instanceTypesOf(family: string): unknown {
  if (family !== FAMILY)
    throw new Refusal(404, { detail: `Instance type family "${family}" not found` });
  const items = typesOfFamily();
  return { family, items, total: items.length };
}

function typesOfFamily(): readonly unknown[] {
  return INSTANCE_TYPES.map((type) => ({
    id: type.id,
    name: type.id,
    description: `${type.vcpu} vCPU, ${type.memoryMb / 1024} GB`,
    vcpu: type.vcpu,
    memory_mb: type.memoryMb,
    hourly_rate: type.hourlyRate,
    requires_gpu: false,
    default_disk_size_gb: 20,
    family: FAMILY,
  }));
}

const metric = (limit: number) => ({ limit, remaining: limit });

function quotas(slug: string, now: number): unknown {
  return {
    team_slug: slug,
    tier: "free",
    quotas: {
      vm_slots: metric(50),
      vcpu: metric(64),
      memory_mb: metric(262_144),
      disk_gb: metric(1000),
    },
    reserved_nodes: metric(0),
    reserved_gpu: { gpus: metric(0), in_use: 0, misconfigured: 0 },
    as_of: new Date(now).toISOString(),
  };
}

const OS_IMAGE = {
  name: "dstack-0.5.4",
  slug: "dstack-0.5.4",
  version: "0.5.4",
  os_image_hash: null,
  is_dev: false,
  requires_gpu: false,
} as const;
