/** The coordinator's key, which schema v2 needs. */
import { createPrivateKey } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { failed, passed, type Outcome } from "./check.ts";

/** The orchestrator signs with it; whoever can read it can approve hashes. */
export async function gatewayKeyFinding(file: string): Promise<Outcome> {
  try {
    const found = await stat(file);
    // A named pipe would block.
    if (!found.isFile()) return failed(`${file} is not a regular file`, GIVE);
    const key = createPrivateKey(await readFile(file, "utf8"));
    if (key.asymmetricKeyType !== "rsa")
      return failed(
        `${file} is an ${key.asymmetricKeyType} key, not RSA`,
        "give an RSA private key (PEM)",
      );
    if ((found.mode & 0o077) !== 0)
      return failed(`${file} can be read by others`, `chmod 600 ${file}`);
    return passed(file);
  } catch (error) {
    return failed(`${file} is not a readable private key: ${(error as Error).message}`, GIVE);
  }
}

const GIVE = "give an RSA private key (PEM) with --gateway-key-path";
