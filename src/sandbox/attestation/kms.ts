/** A made-up KMS: derives each app's environment key from its app_id and signs it, as dstack's does. */
import { createHash, randomBytes } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1";
import { keccak_256 } from "@noble/hashes/sha3";
import { appKeysOf, type KeyPair } from "../kms.ts";
import { newIssuer, spkiOf, type Issuer } from "./x509.ts";

export type MadeUpKms = {
  /** secp256k1 private key, hex. */
  readonly root: string;
  readonly ca: Issuer;
  /** Hex: what the environment keys are derived from. */
  readonly secret: string;
};

export function newKms(now: number): MadeUpKms {
  const ca = newIssuer("tee-cluster sandbox KMS", {
    isCa: true,
    notBefore: now - 86_400_000,
    days: 7300,
  });
  return {
    root: Buffer.from(secp256k1.utils.randomPrivateKey()).toString("hex"),
    ca,
    secret: randomBytes(32).toString("hex"),
  };
}

/** Compressed, hex. */
export const k256Of = ({ root }: MadeUpKms): string =>
  Buffer.from(secp256k1.getPublicKey(Buffer.from(root, "hex"), true)).toString("hex");

export const caSpkiSha256Of = ({ ca }: MadeUpKms): string =>
  createHash("sha256").update(spkiOf(ca)).digest("hex");

/** The same for every update of an app: X25519, raw, hex. */
export function deriveAppKeys({ secret }: MadeUpKms, appId: string): KeyPair {
  return appKeysOf(createHash("sha256").update(`env:${secret}:${appId}`).digest());
}

/** 65 bytes, hex: r, s, recovery bit. `timestamp`: seconds; absent: the older form. */
export function signEnvKey(
  kms: MadeUpKms,
  appId: string,
  publicKey: string,
  timestamp?: number,
): string {
  const time = Buffer.alloc(timestamp === undefined ? 0 : 8);
  if (timestamp !== undefined) time.writeBigUInt64BE(BigInt(timestamp));
  const message = Buffer.concat([
    Buffer.from("dstack-env-encrypt-pubkey:"),
    Buffer.from(appId, "hex"),
    time,
    Buffer.from(publicKey, "hex"),
  ]);
  const signature = secp256k1.sign(keccak_256(message), Buffer.from(kms.root, "hex"));
  return Buffer.concat([signature.toCompactRawBytes(), Buffer.from([signature.recovery])]).toString(
    "hex",
  );
}
