/** The account, nodes, sizes and the KMS: everything that exists without a CVM. */
import { publicKey } from "../attestation/env-keys.ts";
import { NODES, INSTANCE_TYPES } from "../catalog.ts";
import { Refusal } from "../reply.ts";
import { get, onePage, type Route } from "./route.ts";
import { nodeInfo, type ApiVersion } from "../responses.ts";

const CREDIT_USD = 25;

/** Slug of the only workspace. */
const WORKSPACE = "sandbox";

export const ACCOUNT_ROUTES: readonly Route[] = [
  get("/auth/me", ({ request }) => account(request.version)),
  get("/teepods/available", () => nodes()),
  get("/instance-types", () => instanceTypes()),
  get("/instance-types/:id", (_reading, family) => instanceTypesOf(family)),
  get("/os-images", () => onePage([OS_IMAGE])),
  get("/user/ssh-keys", () => []),
  get("/kms", ({ request }) => onePage(request.query.get("is_onchain") === "true" ? [] : [KMS])),
  get("/kms/(?:phala|kms_sandbox)/pubkey/([0-9a-f]{40})", ({ world, state }, appId) =>
    publicKey(world, state, appId),
  ),
  get(`/workspaces/${WORKSPACE}/nodes`, () => onePage(NODES.map(nodeInfo))),
];

function account(version: ApiVersion): unknown {
  if (version === "2025-10-28")
    return {
      username: "sandbox",
      email: "sandbox@example.com",
      credits: CREDIT_USD,
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
      id: "ws_sandbox",
      name: WORKSPACE,
      slug: WORKSPACE,
      tier: "free",
      role: "owner",
      avatar: null,
    },
    credits: {
      balance: String(CREDIT_USD),
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

/** @throws Refusal (404) for an unknown family. */
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

const KMS = {
  id: "kms_sandbox",
  slug: "phala",
  url: "https://kms.sandbox.invalid",
  version: "v0.5.4",
  chain_id: null,
  kms_contract_address: null,
  gateway_app_id: null,
} as const;

const OS_IMAGE = {
  name: "dstack-0.5.4",
  slug: "dstack-0.5.4",
  version: "0.5.4",
  os_image_hash: null,
  is_dev: false,
  requires_gpu: false,
} as const;
