/** RSA keys of coordinators, as `--gateway-key-path` names their files. */
import { generateKeyPairSync } from "node:crypto";

const made = new Map<string, string>();

/** The RSA key of that name: PKCS#8 in PEM. Made once per process, which takes a tenth of a second. */
export function gatewayKey(name: string): string {
  const key = made.get(name) ?? newKey();
  made.set(name, key);
  return key;
}

const newKey = (): string =>
  generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
