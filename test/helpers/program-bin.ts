/** Where the built program is. */
import { fileURLToPath } from "node:url";

export const PROGRAM = fileURLToPath(new URL("../../bin/tee-cluster.js", import.meta.url));
/** Behind the check of the Node version. */
export const BUILT = fileURLToPath(new URL("../../dist/main.cjs", import.meta.url));

/** Where the global set-up says what to start for a program that is loaded already, and what to ask: see warm.ts. */
export const WARM_PROGRAM = "TEE_CLUSTER_WARM_PROGRAM";
export const WARM_PROGRAM_PORT = "TEE_CLUSTER_WARM_PROGRAM_PORT";
/** A cache folder of the global set-up that all worlds share. */
export const SHARED_CACHE = "TEE_CLUSTER_SHARED_CACHE";
