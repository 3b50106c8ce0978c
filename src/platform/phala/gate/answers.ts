/** Parses the API's answers to the CLI. Field names as in `@phala/cloud` 0.2.9, for both API versions. */
import * as z from "zod";
import type { AcceptedUpdate, CreatedCvm, EnvKey, Provisioned } from "../../../core/ports.ts";
import { bareAppId, bareUuid } from "../schemas.ts";
import type { GateOperation } from "./exchange.ts";

const text = z.string().min(1);

const provisionAnswer = z.looseObject({
  app_id: text,
  compose_hash: text,
  app_env_encrypt_pubkey: z.string().nullish(),
});

export function provisionedOf(json: unknown): Provisioned | undefined {
  const { data } = provisionAnswer.safeParse(json);
  if (data === undefined) return undefined;
  const { app_id: appId, compose_hash: composeHash, app_env_encrypt_pubkey: envKey } = data;
  return { appId: bareAppId(appId), composeHash, envKey: envKey || null };
}

/** Whether a create has an environment but no key for it: the CLI would fail with an unclear error. */
export function lacksKey(operation: GateOperation, provisioned: Provisioned | undefined): boolean {
  return (
    operation.kind === "create" &&
    operation.request.environment.length > 0 &&
    provisioned !== undefined &&
    provisioned.envKey === null
  );
}

/** Then the CLI would deploy a contract, sign transactions (465 to 468), and take the key from elsewhere. */
export function usesOnChainKms(json: unknown): boolean {
  const onChain = z.looseObject({ kms_info: z.looseObject({ chain_id: z.unknown() }) });
  const { data } = onChain.safeParse(json);
  return data !== undefined && data.kms_info.chain_id != null;
}

const envKeyAnswer = z.looseObject({
  app_id: text,
  app_env_encrypt_pubkey: z.string().nullish(),
  encrypted_env_pubkey: z.string().nullish(),
  public_key: z.string().nullish(),
  signature: z.string().nullish().catch(null),
  app_env_encrypt_pubkey_signature: z.string().nullish().catch(null),
  timestamp: z.number().nullish().catch(null),
});

/** Every field whose key the CLI may encrypt with: of a provisioning, of the updated CVM, of a KMS. */
const KEY_FIELDS = ["app_env_encrypt_pubkey", "encrypted_env_pubkey", "public_key"] as const;

/**
 * The distinct keys in the answer to a provisioning (a create) or in the CVM (an update). All are checked: an answer
 * with two could show the signed one and have the CLI encrypt with the other.
 */
export function envKeysOf(json: unknown): readonly EnvKey[] {
  const { data } = envKeyAnswer.safeParse(json);
  if (data === undefined) return [];
  const { app_id, app_env_encrypt_pubkey_signature, signature, timestamp } = data;
  const common = {
    appId: bareAppId(app_id),
    signature: app_env_encrypt_pubkey_signature ?? signature ?? undefined,
    timestamp: timestamp ?? undefined,
  };
  const keys = new Set(KEY_FIELDS.flatMap((field) => data[field] || []));
  return [...keys].map((publicKey) => ({ ...common, publicKey }));
}

/** Only an answer about the provisioned CVM proves that it was created. */
export function createdOf(
  json: unknown,
  name: string,
  provisioned: Provisioned,
): CreatedCvm | undefined {
  const schema = z.looseObject({
    name: z.literal(name),
    app_id: text,
    vm_uuid: z.string().nullish(),
  });
  const { data } = schema.safeParse(json);
  if (data === undefined || bareAppId(data.app_id) !== provisioned.appId) return undefined;
  const vmUuid = data.vm_uuid ? bareUuid(data.vm_uuid) : null;
  return { name, appId: provisioned.appId, vmUuid, composeHash: provisioned.composeHash };
}

/** An object without an error: an error in a 200 does not accept the update. */
export function acceptedOf(json: unknown): AcceptedUpdate | undefined {
  const schema = z.looseObject({ correlation_id: z.string().nullish() });
  const { data } = schema.safeParse(json);
  if (data === undefined || "error" in data || "error_code" in data || data["success"] === false)
    return undefined;
  return { correlationId: data.correlation_id || null };
}
