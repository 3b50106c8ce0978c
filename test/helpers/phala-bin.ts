/** The real `phala` CLI, pinned in package.json. */
import { fileURLToPath } from "node:url";

export const PHALA_BIN = fileURLToPath(new URL("../../node_modules/.bin/phala", import.meta.url));
