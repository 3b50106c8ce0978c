/** The key management service as the API lists it. */
import { randomBytes } from "node:crypto";
import { publicKey } from "../attestation/env-keys.ts";
import { Refusal } from "../refusal.ts";
import { get, onePage, wholeNumber, type Route } from "./route.ts";

const KMS = {
  id: "kms_sandbox",
  slug: "phala",
  url: "https://kms.sandbox.invalid",
  version: "v0.5.4",
  chain_id: null,
  kms_contract_address: null,
  gateway_app_id: null,
} as const;

function kmsOf(id: string): typeof KMS {
  if (id === KMS.id || id === KMS.slug) return KMS;
  throw new Refusal(404, { detail: "KMS not found" });
}

const newAppId = (): string => randomBytes(20).toString("hex");

export const KMS_ROUTES: readonly Route[] = [
  get("/kms", ({ request }) => {
    return onePage(request.query.get("is_onchain") === "true" ? [] : [KMS]);
  }),
  get("/kms/phala/next_app_id", ({ request }) => {
    const counts = Math.min(20, Math.max(1, wholeNumber(request.query, "counts", 1)));
    return {
      app_ids: Array.from({ length: counts }, (_, nonce) => ({ app_id: newAppId(), nonce })),
    };
  }),
  get("/kms/(?:phala|kms_sandbox)/pubkey/([0-9a-f]{40})", ({ world, state }, appId) =>
    publicKey(world, state, appId),
  ),
  get("/kms/:id", (_reading, id) => kmsOf(id)),
];
