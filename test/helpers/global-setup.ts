/** What all test files share: the joined phala, and clusters that are set up. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { joinPhala } from "./join-phala.ts";
import { prepareClusters } from "./prepared-cluster.ts";

export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), "tee-cluster-prepared-"));
  await joinPhala();
  await prepareClusters(folder);
  return () => rm(folder, { recursive: true, force: true });
}
