/**
 * The stand-in's KMS and quotes: decrypts environments as dstack does (X25519, AES-256-GCM; see
 * `encrypt-env-vars` of `@phala/dstack-sdk`), and signs what a TDX quote would prove.
 */
import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import * as z from "zod";

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
 * @throws where the blob was not encrypted to this key: a CVM with it would not boot.
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

export function newQuoteKey(): string {
  return generateKeyPairSync("ed25519")
    .privateKey.export({ type: "pkcs8", format: "der" })
    .toString("hex");
}

export type QuoteClaims = { readonly app_id: string; readonly compose_hash: string };

const claims = z.object({ app_id: z.string(), compose_hash: z.string() });
const quoteSchema = z.object({ claims, signature: z.string() });

/** What a runner shows of itself: its claims, signed by the platform. Base64 of JSON. */
export function makeQuote(what: QuoteClaims, quoteKeyHex: string): string {
  const body = claims.parse(what);
  const signed = sign(null, Buffer.from(JSON.stringify(body)), quoteKey(quoteKeyHex));
  const quote = { claims: body, signature: signed.toString("base64") };
  return Buffer.from(JSON.stringify(quote)).toString("base64");
}

/** The claims of a quote that this platform signed; undefined for anything else. */
export function verifyQuote(quote: string, quoteKeyHex: string): QuoteClaims | undefined {
  try {
    const parsed = quoteSchema.parse(JSON.parse(Buffer.from(quote, "base64").toString("utf8")));
    const message = Buffer.from(JSON.stringify(parsed.claims));
    const publicKey = createPublicKey(quoteKey(quoteKeyHex));
    return verify(null, message, publicKey, Buffer.from(parsed.signature, "base64"))
      ? parsed.claims
      : undefined;
  } catch {
    return undefined;
  }
}

function quoteKey(hex: string): KeyObject {
  return createPrivateKey({ key: Buffer.from(hex, "hex"), type: "pkcs8", format: "der" });
}
