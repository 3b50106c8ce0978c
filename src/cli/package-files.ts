/** What was installed with this program. */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The package's root, seen from a chunk in dist or from this file in src. */
export const PACKAGE_ROOT =
  ["..", "../.."]
    .map((up) => fileURLToPath(new URL(up, import.meta.url)))
    .find((folder) => existsSync(path.join(folder, "package.json"))) ?? ".";

/** The phala in the package's own node_modules or beside it. It goes before one on PATH. */
export function bundledPhala(): string | undefined {
  const beside = path.dirname(PACKAGE_ROOT);
  const folders = [
    path.join(PACKAGE_ROOT, "node_modules"),
    ...(path.basename(beside) === "node_modules" ? [beside] : []),
  ];
  return folders
    .map((folder) => path.join(folder, ".bin", "phala"))
    .find((file) => existsSync(file));
}
