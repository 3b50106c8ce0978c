/** The made-up Intel and KMS of one sandbox: generated once, stored next to its cloud, readable by its owner only. */
import { createECDH, createHash, randomBytes, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { sha256Hex } from "../../core/compose-hash.ts";
import * as z from "zod";
import { KNOWN_OS } from "./guest.ts";
import { newIntel } from "./intel.ts";
import { secp256k1 } from "@noble/curves/secp256k1";
import { keccak_256 } from "@noble/hashes/sha3";
import { appKeysOf, type KeyPair } from "../kms.ts";
import { newIssuer, spkiOf } from "./x509.ts";
import { makeOnce } from "../make-once.ts";

const issuerSchema = z.object({ name: z.string(), key: z.string(), certificate: z.string() });
const kmsSchema = z.object({
  /** secp256k1 private key, hex. */
  root: z.string(),
  ca: issuerSchema,
  /** Hex: the environment keys are derived from it. */
  secret: z.string(),
});
const schema = z.object({
  intel: z.object({
    root: issuerSchema,
    platformCa: issuerSchema,
    pck: issuerSchema,
    tcbSigner: issuerSchema,
    attestationKey: z.string(),
  }),
  kms: kmsSchema,
  /** An attacker's, for the lies `own-kms` and `own-env-key`. */
  foreign: kmsSchema,
});

export type Authority = z.infer<typeof schema>;

/** A made-up KMS: derives each app's environment key from its app_id and signs it, as dstack's does. */
export type MadeUpKms = z.infer<typeof kmsSchema>;

/** If several processes start at once, one creates it and all use it. */
export async function loadAuthority(stateDir: string): Promise<Authority> {
  const file = path.join(stateDir, "authority.json");
  await makeOnce(file, () => {
    const now = Date.now();
    return JSON.stringify({ intel: newIntel(now), kms: newKms(now), foreign: newKms(now) });
  });
  return schema.parse(JSON.parse(await readFile(file, "utf8")));
}

/** What a run with `--sandbox` trusts instead of Intel and Phala, in the format of a trust file. */
export function sandboxTrust({ intel, kms: own }: Authority): unknown {
  return {
    version: 1,
    intel_root_sha256: sha256Hex(new X509Certificate(intel.root.certificate).raw),
    tcb: { accept: ["SWHardeningNeeded", "UpToDate"], advisories: [], min_evaluation_number: 0 },
    kms: [{ name: "sandbox", k256: k256Of(own), ca_spki_sha256: sha256Hex(spkiOf(own.ca)) }],
    os: KNOWN_OS,
    pre_launch_scripts: [],
    app_compose_fields: [],
  };
}

export function newKms(now: number): MadeUpKms {
  const request = { isCa: true, notBefore: now - 86_400_000, days: 7300 };
  return {
    root: Buffer.from(secp256k1.utils.randomPrivateKey()).toString("hex"),
    ca: newIssuer("tee-cluster sandbox KMS", request),
    secret: randomBytes(32).toString("hex"),
  };
}

/** Compressed, hex. With Node's crypto, which is faster: every run with `--sandbox` needs it. */
export function k256Of({ root }: MadeUpKms): string {
  const pair = createECDH("secp256k1");
  pair.setPrivateKey(root, "hex");
  return pair.getPublicKey("hex", "compressed");
}

/** An app's keys, which stay the same for all of its updates: X25519, raw, hex. */
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
  const bytes = Buffer.from([...signature.toCompactRawBytes(), signature.recovery]);
  return bytes.toString("hex");
}
