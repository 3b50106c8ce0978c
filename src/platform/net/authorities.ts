/** The certificate authorities that TLS connections trust, from the variables of Node and OpenSSL. */
import { readFileSync } from "node:fs";
import path from "node:path";
import * as tls from "node:tls";
import { NetworkError } from "./network-error.ts";

/**
 * SSL_CERT_FILE replaces the built-in authorities (as with OpenSSL, curl and Go), NODE_EXTRA_CA_CERTS adds to them.
 * Relative paths are relative to the working directory. Undefined: neither is set, so Node's default applies.
 *
 * @throws NetworkError `ca-file-invalid` naming the variable and the file.
 */
export function trustedAuthorities(env: NodeJS.ProcessEnv): tls.SecureContext | undefined {
  const replacing = certificatesOf(env, "SSL_CERT_FILE");
  const extra = certificatesOf(env, "NODE_EXTRA_CA_CERTS");
  if (replacing === undefined && extra === undefined) return undefined;
  const base = replacing === undefined ? builtIn() : [replacing];
  return tls.createSecureContext({ ca: extra === undefined ? base : [...base, extra] });
}

/** From Node 22.15 on including the authorities that its flags (`--use-system-ca`) add. */
function builtIn(): string[] {
  const own = (tls as { getCACertificates?: (type: "default") => string[] }).getCACertificates;
  return own?.("default") ?? [...tls.rootCertificates];
}

function certificatesOf(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const file = env[name];
  if (file === undefined || file === "") return undefined;
  const where = `${name}=${file}`;
  let text: string;
  try {
    text = readFileSync(path.resolve(file), "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new NetworkError("ca-file-invalid", `${where} can't be read (${code})`);
  }
  if (text.includes("-----BEGIN ")) return text;
  throw new NetworkError("ca-file-invalid", `${where} holds no PEM certificate`);
}
