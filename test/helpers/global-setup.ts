/** What the tests of the built program share: the joined phala, and clusters that are set up. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { joinPhala } from "./join-phala.ts";
import { JOINED_PHALA, PHALA_BIN, WARM_PHALA } from "./phala-bin.ts";
import { clustersArePrepared, prepareClusters } from "./prepared-cluster.ts";
import { serveWarmPhala } from "./warm-phala.ts";

/** Called for each project of vitest.config.ts that needs it; the first one sets all of it up. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (clustersArePrepared()) return undefined;
  const folder = await mkdtemp(path.join(tmpdir(), "tee-cluster-prepared-"));
  await joinPhala();
  const phala = await serveWarmPhala(path.join(folder, "phala"));
  if (PHALA_BIN === JOINED_PHALA) process.env[WARM_PHALA] = phala.bin;
  await prepareClusters(folder);
  return async () => {
    phala.close();
    await rm(folder, { recursive: true, force: true });
  };
}
