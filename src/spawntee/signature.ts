/** The coordinator's signature on requests to a registry. Pure but for the clock that is passed in. */
import { createPrivateKey, createPublicKey, sign } from "node:crypto";

/**
 * Headers for one request, good for a moment: the registry refuses old timestamps, so they are made anew for
 * every attempt. RSA, PKCS#1 v1.5 with SHA-256, over the compact JSON that the message header carries.
 *
 * @param nowMs milliseconds since the epoch; the message has whole seconds.
 * @throws where the PEM text is no RSA private key.
 */
export function signedHeaders(path: string, privateKeyPem: string, nowMs: number): Record<string, string> {
  const key = createPrivateKey(privateKeyPem);
  if (key.asymmetricKeyType !== "rsa")
    throw new Error(`the gateway key is ${key.asymmetricKeyType}, it must be RSA`);
  const message = Buffer.from(JSON.stringify({ path, timestamp: Math.floor(nowMs / 1000) }), "utf8");
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  return {
    "X-Gateway-Auth-Message": message.toString("base64"),
    "X-Gateway-Auth-Signature": sign("sha256", message, key).toString("base64"),
    "X-Gateway-Auth-Pubkey": publicKey.toString("base64"),
  };
}
