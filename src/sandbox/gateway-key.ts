/** The sandbox's coordinator key: schema v2 requires one, and the package must not contain any. */
import { createHash, createPublicKey, generateKeyPair } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { makeOnce } from "./make-once.ts";

/** Creates the folder's key unless it exists. @returns its path. */
export async function sandboxGatewayKey(folder: string): Promise<string> {
  const file = path.join(folder, "gateway-key.pem");
  await makeOnce(file, newKey);
  return file;
}

/** The wallet of a key in the sandbox (see `spawntee.ts`); a placeholder if the file is not a key. */
export async function walletOf(file: string): Promise<string> {
  try {
    const key = createPublicKey(await readFile(file, "utf8"));
    const spki = key.export({ type: "spki", format: "der" });
    return `sandbox:${createHash("sha256").update(spki).digest("hex")}`;
  } catch {
    return "sandbox:no-key";
  }
}

async function newKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return privateKey;
}
