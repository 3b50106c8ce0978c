/** The environment keys from the API and the KMS, and the lies about them. */
import * as z from "zod";
import { findLive, liveCvms } from "../find.ts";
import type { KeyPair } from "../kms.ts";
import type { CloudState, CvmState } from "../model.ts";
import { ok, type Reply } from "../reply.ts";
import type { AttestationWorld } from "./api.ts";
import { deriveAppKeys, k256Of, signEnvKey, type MadeUpKms } from "./authority.ts";
import type { Lie } from "./lies.ts";

const SWAPPING: readonly Lie[] = ["own-env-key", "two-env-keys"];
const swapsKeys = ({ lies }: AttestationWorld): boolean => SWAPPING.some((lie) => lies.has(lie));

/** The key pair of a new app. */
export function appKeys(world: AttestationWorld, appId: string): KeyPair {
  const { authority, lies } = world;
  const isOwn = swapsKeys(world) || lies.has("own-kms");
  return deriveAppKeys(isOwn ? authority.foreign : authority.kms, appId);
}

/** The key that an update is sealed with: from `GET /cvms/{id}`. */
export function withEnvKey(world: AttestationWorld, cvm: CvmState): CvmState {
  return swapsKeys(world) ? { ...cvm, kmsPublicKey: appKeys(world, cvm.appId).publicKey } : cvm;
}

/** On an update, a lying platform decrypts the environment with its own key (and encrypts it again for the CVM). */
export function rekeyed(world: AttestationWorld, state: CloudState, id: string): CloudState {
  if (!swapsKeys(world)) return state;
  const { appId } = findLive(state, id);
  const { privateKey: kmsPrivateKey, publicKey: kmsPublicKey } = appKeys(world, appId);
  const cvms = state.cvms.map((cvm) =>
    cvm.appId === appId ? { ...cvm, kmsPrivateKey, kmsPublicKey } : cvm,
  );
  return { ...state, cvms };
}

export type EnvKeyAnswer = { readonly public_key: string; readonly signature: string };

/** `GET /kms/phala/pubkey/{app_id}` */
export function publicKey(world: AttestationWorld, state: CloudState, appId: string): EnvKeyAnswer {
  const { authority, lies } = world;
  const isOwn = lies.has("own-env-key") || lies.has("own-kms");
  return isOwn
    ? signedKey(authority.foreign, undefined, appId)
    : signedKey(authority.kms, state, appId);
}

/** The CVM's key, which may be older than its KMS; else the derived one. */
function signedKey(kms: MadeUpKms, state: CloudState | undefined, appId: string): EnvKeyAnswer {
  const cvm = state && liveCvms(state).find((candidate) => candidate.appId === appId);
  const key = cvm?.kmsPublicKey ?? deriveAppKeys(kms, appId).publicKey;
  return { public_key: key, signature: signEnvKey(kms, appId, key) };
}

const KMS_ADDRESS = /^\/gateway\/kms\.[^/]+\/prpc\/KMS\.(GetMeta|GetAppEnvEncryptPubKey)$/;
const appIdRequest = z.object({ app_id: z.string().regex(/^[0-9a-f]{40}$/) });

/** `https://kms.{base_domain}/prpc/KMS.*?json`. Undefined for any other request. */
export async function answerKms(
  world: AttestationWorld,
  path: string,
  body: unknown,
): Promise<Reply | undefined> {
  const [, method] = KMS_ADDRESS.exec(path) ?? [];
  if (method === undefined) return undefined;
  const { authority, lies, store } = world;
  const isOwn = lies.has("own-kms");
  const kms = isOwn ? authority.foreign : authority.kms;
  if (method === "GetMeta")
    return ok({ ca_cert: kms.ca.certificate, k256_pubkey: k256Of(kms), is_dev: false });
  const request = appIdRequest.safeParse(body);
  if (!request.success) return { status: 400, json: { error: "app_id is missing" } };
  const { app_id: appId } = request.data;
  const answer = signedKey(kms, isOwn ? undefined : await store.read(), appId);
  const timestamp = Math.floor(Date.now() / 1000);
  const v1 = signEnvKey(kms, appId, answer.public_key, timestamp);
  return ok({ ...answer, timestamp, signature_v1: v1 });
}
