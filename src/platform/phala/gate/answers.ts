/** What the gate reads from the API's answers to the CLI. Field names: `@phala/cloud` 0.2.9, in both API versions. */
import { z } from "zod";
import type { AcceptedUpdate, CreatedCvm, EnvKey, Provisioned } from "../../../core/ports.ts";
import { bareAppId, bareUuid } from "../schemas.ts";

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

/** With it the CLI would deploy a contract and sign transactions (465 to 468). */
export function usesOnChainKms(json: unknown): boolean {
  const onChain = z.looseObject({ kms_info: z.looseObject({ chain_id: z.number() }) });
  return onChain.safeParse(json).success;
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

/** The key in the answer to a provisioning (a create) or in the CVM itself (an update); undefined where there is none. */
export function envKeyOf(json: unknown): EnvKey | undefined {
  const { data } = envKeyAnswer.safeParse(json);
  const publicKey =
    data && (data.app_env_encrypt_pubkey || data.encrypted_env_pubkey || data.public_key);
  if (!publicKey) return undefined;
  return {
    appId: bareAppId(data.app_id),
    publicKey,
    signature: data.app_env_encrypt_pubkey_signature ?? data.signature ?? null,
    timestamp: data.timestamp ?? null,
    raw: json,
  };
}

/** Only an answer about the CVM that was provisioned shows that it was made. */
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

/** An object that does not contradict: an error in a 200 is not an acceptance. */
export function acceptedOf(json: unknown): AcceptedUpdate | undefined {
  const schema = z.looseObject({ correlation_id: z.string().nullish() });
  const { data } = schema.safeParse(json);
  if (data === undefined || "error" in data || "error_code" in data || data["success"] === false)
    return undefined;
  return { correlationId: data.correlation_id || null };
}
