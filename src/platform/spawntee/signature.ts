/** The coordinator's signature on requests to a registry. Pure but for the clock that is passed in. */
import { createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { ClusterError } from "../../errors/cluster-error.ts";

/**
 * Headers for one request, good for a moment: the registry refuses old timestamps, so they are made again for
 * every attempt. RSA, PKCS#1 v1.5 with SHA-256, over the compact JSON that the message header carries.
 *
 * @param nowMs milliseconds since the epoch; the message has whole seconds.
 * @throws ClusterError `input` where the PEM text is no RSA private key.
 */
export function signedHeaders(
  path: string,
  privateKeyPem: string,
  nowMs: number,
): Record<string, string> {
  const key = rsaKey(privateKeyPem);
  const message = Buffer.from(
    JSON.stringify({ path, timestamp: Math.floor(nowMs / 1000) }),
    "utf8",
  );
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  return {
    "X-Gateway-Auth-Message": message.toString("base64"),
    "X-Gateway-Auth-Signature": sign("sha256", message, key).toString("base64"),
    "X-Gateway-Auth-Pubkey": publicKey.toString("base64"),
  };
}

function rsaKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // OpenSSL's message says nothing that helps, and nothing of a key belongs into a cause.
    throw badKey("is no private key in PEM form, or has a passphrase");
  }
  if (key.asymmetricKeyType === "rsa") return key;
  throw badKey(`is a key of type ${key.asymmetricKeyType ?? "unknown"}`);
}

function badKey(what: string): ClusterError {
  return new ClusterError("input", "bad-gateway-key", {
    message: `the gateway key ${what}; registries check signatures of an RSA key`,
    hint: "point --gateway-key-path to the coordinator's RSA private key (PEM, without a passphrase)",
  });
}
