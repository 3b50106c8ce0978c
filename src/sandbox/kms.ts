/**
 * Decrypts environments as dstack does (X25519, AES-256-GCM; see `encrypt-env-vars` of `@phala/dstack-sdk`), and makes
 * the quotes with which runners request keys from a registry.
 */
import {
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from "node:crypto";
import * as z from "zod";
import { parseJson } from "../lib/json.ts";

const X25519_PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");
const X25519_SPKI = Buffer.from("302a300506032b656e032100", "hex");

export type KeyPair = { readonly privateKey: string; readonly publicKey: string };

const x25519Key = (secret: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([X25519_PKCS8, secret]), type: "pkcs8", format: "der" });

/** The X25519 key pair of 32 secret bytes, raw and in hex. */
export function appKeysOf(secret: Buffer): KeyPair {
  const publicKey = createPublicKey(x25519Key(secret)).export({ type: "spki", format: "der" });
  return { privateKey: secret.toString("hex"), publicKey: publicKey.subarray(-32).toString("hex") };
}

const plaintext = z.object({ env: z.array(z.object({ key: z.string(), value: z.string() })) });

/**
 * The environment that a CVM boots with.
 * @throws if the blob was not encrypted to this key: such a CVM does not boot.
 */
export function decryptEnvironment(
  encryptedHex: string,
  privateKeyHex: string,
): ReadonlyMap<string, string> {
  const blob = Buffer.from(encryptedHex.replace(/^0x/, ""), "hex");
  const spki = Buffer.concat([X25519_SPKI, blob.subarray(0, 32)]);
  const publicKey = createPublicKey({ key: spki, type: "spki", format: "der" });
  const privateKey = x25519Key(Buffer.from(privateKeyHex, "hex"));
  const shared = diffieHellman({ privateKey, publicKey });
  const decipher = createDecipheriv("aes-256-gcm", shared, blob.subarray(32, 44));
  decipher.setAuthTag(blob.subarray(-16));
  const text = Buffer.concat([decipher.update(blob.subarray(44, -16)), decipher.final()]);
  const { env } = plaintext.parse(JSON.parse(text.toString()));
  return new Map(env.map(({ key, value }) => [key, value]));
}

const claimsSchema = z.object({ app_id: z.string(), compose_hash: z.string() });

type RunnerClaims = Readonly<z.infer<typeof claimsSchema>>;

/** A runner's claims with the platform's MAC. Base64 of JSON. */
export function makeRunnerQuote({ app_id, compose_hash }: RunnerClaims, key: string): string {
  const mac = createHmac("sha256", key).update(`${app_id} ${compose_hash}`).digest("hex");
  return Buffer.from(JSON.stringify({ app_id, compose_hash, mac })).toString("base64");
}

/** The claims of a genuine quote; undefined for anything else. */
export function verifyRunnerQuote(quote: string, key: string): RunnerClaims | undefined {
  const { data } = claimsSchema.safeParse(parseJson(Buffer.from(quote, "base64").toString("utf8")));
  return data && makeRunnerQuote(data, key) === quote ? data : undefined;
}
