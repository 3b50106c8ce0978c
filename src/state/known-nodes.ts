/** The nodes that the platform offered last, for completion: it has no time to ask, and needs no key. */
import path from "node:path";
import * as z from "zod";
import { keepHints, readHints } from "./hints-file.ts";

const nodesSchema = z.array(z.object({ name: z.string(), region: z.string().nullable() }));
const fileSchema = z.record(z.string(), nodesSchema);

export type KnownNode = z.infer<typeof nodesSchema>[number];

/** A stand-in on this machine has another port, and so another name, each time. */
const MAX_HOSTS = 8;

const fileOf = (stateDir: string): string => path.join(stateDir, "nodes.json");

export async function readKnownNodes(
  stateDir: string,
  apiHost: string,
): Promise<readonly KnownNode[]> {
  return (await readAll(stateDir))[apiHost] ?? [];
}

export async function rememberNodes(
  stateDir: string,
  apiHost: string,
  nodes: readonly KnownNode[],
): Promise<void> {
  const all = await readAll(stateDir);
  const known = nodes.map(({ name, region }) => ({ name, region }));
  if (JSON.stringify(all[apiHost]) === JSON.stringify(known)) return;
  const { [apiHost]: _, ...others } = all;
  const kept = Object.entries(others).slice(1 - MAX_HOSTS);
  await keepHints(fileOf(stateDir), { ...Object.fromEntries(kept), [apiHost]: known });
}

async function readAll(stateDir: string): Promise<z.infer<typeof fileSchema>> {
  return (await readHints(fileOf(stateDir), fileSchema)) ?? {};
}
