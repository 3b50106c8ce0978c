/** The app-compose of a CVM, read strictly: a text that hashes differently elsewhere is refused. */
import * as z from "zod";
import { composeHashOf, sha256Hex, type AppCompose } from "../../core/compose-hash.ts";
import type { Lookup } from "../../core/ports.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { parseStrictJson } from "../../lib/strict-json.ts";
import { toLookup, type ApiReader, type Read } from "./api-reader.ts";
import { appCompose as schema } from "./schemas.ts";
import { platformError } from "./trouble.ts";

/**
 * `/compose_file`; it may be serialised again by the platform. Where it does not hash to `composeHash`, or can't be
 * had, the measured text counts (`tcb_info.app_compose` of the attestation, once the CVM runs) if that does.
 */
export async function readAppCompose(
  reader: ApiReader,
  path: string,
  composeHash: string | undefined,
  signal: AbortSignal,
): Promise<Lookup<AppCompose>> {
  const file = await reader.read(
    `${path}/compose_file`,
    ({ body }) => parseAppCompose(body),
    signal,
  );
  if (composeHash === undefined) return toLookup(file);
  if (file.kind === "present" && composeHashOf(file.value) === composeHash) return file;
  const measured = await measuredText(reader, path, signal);
  if (measured === undefined || sha256Hex(measured) !== composeHash) return toLookup(file);
  return toLookup(parseAppCompose(measured));
}

const attestation = z.object({
  tcb_info: z.object({ app_compose: z.string().nullish() }).nullish(),
});

/** Optional: a CVM that does not run yet has none. */
async function measuredText(
  reader: ApiReader,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await reader.look(`${path}/attestation`, attestation, signal);
  return found.kind === "present" ? (found.value.tcb_info?.app_compose ?? undefined) : undefined;
}

function parseAppCompose(text: string | Uint8Array): Read<AppCompose> {
  const strict = parseStrictJson(text);
  if ("problem" in strict) return { kind: "unknown", error: ambiguous(strict.problem) };
  const parsed = schema.safeParse(strict.value);
  if (parsed.success) return { kind: "present", value: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") || "the app-compose";
  return {
    kind: "unknown",
    error: platformError(`unexpected answer: ${where}: ${issue?.message ?? "?"}`),
  };
}

function ambiguous(problem: string): ClusterError {
  return new ClusterError("verification", "app-compose-ambiguous", {
    message: `Phala's API: the app-compose can't be hashed reliably: ${problem}`,
    hint: "do not approve its hash; deploy the CVM again from the compose file",
  });
}
