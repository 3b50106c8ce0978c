/** What the tests of the built program share: program and phala loaded already, and clusters that are set up. */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { joinPhala } from "./join-phala.ts";
import { JOINED_PHALA, PHALA_BIN, PHALA_PACKAGE, WARM_PHALA } from "./phala-bin.ts";
import { prepareClusters } from "./prepared-cluster.ts";
import { BUILT, SHARED_CACHE, WARM_PROGRAM, WARM_PROGRAM_PORT } from "./program-bin.ts";
import { makeWarmFile, serveWarm } from "./warm.ts";

export async function setup(): Promise<() => Promise<void>> {
  await joinPhala();
  const folder = await mkdtemp(path.join(tmpdir(), "tee-cluster-prepared-"));
  const cache = path.join(folder, "cache");
  process.env[SHARED_CACHE] = cache;
  const [program, phala] = await Promise.all([
    serveWarm({ what: "program", file: BUILT, cache }),
    serveWarm({ what: "phala", file: JOINED_PHALA }),
  ]);
  process.env[WARM_PROGRAM_PORT] = String(program.port);
  process.env[WARM_PROGRAM] = path.join(folder, "tee-cluster");
  await makeWarmFile(process.env[WARM_PROGRAM], program);
  // Beside a manifest, in which its version is read.
  const phalaFile = path.join(folder, "phala", "dist", "index.js");
  await makeWarmFile(phalaFile, phala);
  await copyFile(
    path.join(PHALA_PACKAGE, "package.json"),
    path.join(folder, "phala", "package.json"),
  );
  if (PHALA_BIN === JOINED_PHALA) process.env[WARM_PHALA] = phalaFile;
  await prepareClusters(folder);
  return async () => {
    program.close();
    phala.close();
    await rm(folder, { recursive: true, force: true });
  };
}
