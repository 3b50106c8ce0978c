/** The package's own version. */
import { readFileSync } from "node:fs";

/** From its manifest, above dist. */
export function versionOf(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
