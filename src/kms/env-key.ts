/** Verifies the key that an app's environment is encrypted to: the KMS signs it with its secp256k1 root. */
import { secp256k1 } from "@noble/curves/secp256k1";
import { keccak_256 } from "@noble/hashes/sha3";
import { Refusal } from "../core/attestation.ts";
import type { EnvKey } from "../core/ports.ts";

/** Compressed secp256k1 public keys, hex. */
export type TrustedKms = { readonly name: string; readonly k256: string };

/**
 * Pure, so that the gate can call it: nothing is sealed to a key that this refuses.
 * @returns the name of the KMS whose root signed it.
 * @throws Refusal `env-key-unsigned` (no signature, or none in the right form), `env-key-substituted` (signed by
 *   another key, or for another app or key)
 */
export function verifyEnvKey(key: EnvKey, trusted: readonly TrustedKms[]): string {
  const { appId, publicKey } = key;
  const isFormed = /^[0-9a-f]{40}$/i.test(appId) && /^[0-9a-f]{64}$/i.test(bare(publicKey));
  const signature = Buffer.from(bare(key.signature ?? ""), "hex");
  if (!isFormed || signature.length !== 65) {
    const message = `the environment key of app ${appId} has no valid signature of a KMS`;
    throw new Refusal("env-key-unsigned", "unsigned", message);
  }
  const signer = recoverSigner(messageOf(key), signature);
  const kms = trusted.find(({ k256 }) => k256 === signer);
  if (kms) return kms.name;
  const message =
    `the environment key of app ${appId} is not signed by a trusted KMS: ` +
    "its holder could read what is encrypted to it";
  throw new Refusal("env-key-substituted", signer ?? "not-recoverable", message);
}

/** The signed message; source: `verifyEnvEncryptPublicKey` of `@phala/dstack-sdk`. */
function messageOf({ appId, publicKey, timestamp }: EnvKey): Buffer {
  const time = Buffer.alloc(timestamp === undefined ? 0 : 8);
  if (timestamp !== undefined) time.writeBigUInt64BE(BigInt(timestamp));
  const prefix = Buffer.from("dstack-env-encrypt-pubkey:");
  return Buffer.concat([
    prefix,
    Buffer.from(appId, "hex"),
    time,
    Buffer.from(bare(publicKey), "hex"),
  ]);
}

const bare = (hex: string): string => hex.replace(/^0x/, "");

// A run recovers two or three signers: building the default table takes longer than that.
secp256k1.ProjectivePoint.BASE.precompute(2);

/** Compressed, hex. Some libraries write the recovery bit as 27 or 28. */
function recoverSigner(message: Buffer, signature: Buffer): string | undefined {
  const bit = (signature[64] ?? 0) % 27;
  try {
    const point = secp256k1.Signature.fromCompact(signature.subarray(0, 64))
      .addRecoveryBit(bit)
      .recoverPublicKey(keccak_256(message));
    return Buffer.from(point.toRawBytes(true)).toString("hex");
  } catch {
    return undefined;
  }
}
