/** The sandbox's coordinator key: schema v2 needs one, and the package must not ship any. */
import { isErrno } from "../lib/errno.ts";
import { createHash, createPublicKey, generateKeyPair, randomBytes } from "node:crypto";
import { link, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { makeFolder } from "../lib/make-folder.ts";

/**
 * Makes the key in `folder` unless it is there. Private (0600) from its first byte, and complete or absent: of two
 * runs that make one at the same time the first one's stays.
 * @returns its path.
 */
export async function sandboxGatewayKey(folder: string): Promise<string> {
  const file = path.join(folder, "gateway-key.pem");
  if (await isThere(file)) return file;
  makeFolder(folder, 0o700);
  const temporary = `${file}.${randomBytes(4).toString("hex")}`;
  try {
    await writeFile(temporary, await newKey(), { flag: "wx", mode: 0o600, flush: true });
    await link(temporary, file);
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  return file;
}

/** The wallet that stands for a key here (see `spawntee.ts`); any text for a file that is not one. */
export async function walletOf(file: string): Promise<string> {
  try {
    const spki = createPublicKey(await readFile(file, "utf8")).export({
      type: "spki",
      format: "der",
    });
    return `sandbox:${createHash("sha256").update(spki).digest("hex")}`;
  } catch {
    return "sandbox:no-key";
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
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
