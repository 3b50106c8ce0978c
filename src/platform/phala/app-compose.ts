/** The app-compose of a CVM, parsed strictly: a text that other parsers hash differently is refused. */
import * as z from "zod";
import { composeHashOf, sha256Hex, type AppCompose } from "../../core/compose-hash.ts";
import type { Lookup } from "../../core/ports.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { parseStrictJson } from "../../lib/strict-json.ts";
import { parseWith, unknown, type ApiReader, type Read } from "./api-reader.ts";
import { appCompose as schema } from "./schemas.ts";

/**
 * Reads `/compose_file`, which the platform may have serialised again. If it is unavailable or does not hash to
 * `composeHash`, the measured text is used instead (`tcb_info.app_compose` of the attestation, once the CVM runs), if
 * that does.
 */
export async function readAppCompose(
  reader: ApiReader,
  path: string,
  composeHash: string | undefined,
  signal: AbortSignal,
): Promise<Lookup<AppCompose>> {
  const where = `${path}/compose_file`;
  const file = await reader.read(where, ({ body }) => parseAppCompose(body), signal);
  if (composeHash === undefined) return file;
  if (file.kind === "present" && composeHashOf(file.value) === composeHash) return file;
  const measured = await measuredText(reader, path, signal);
  if (measured === undefined || sha256Hex(measured) !== composeHash) return file;
  return parseAppCompose(measured);
}

const attestation = z.object({
  tcb_info: z.object({ app_compose: z.string().nullish() }).nullish(),
});

/** Undefined if the CVM does not run yet. */
async function measuredText(
  reader: ApiReader,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await reader.find(`${path}/attestation`, attestation, signal);
  return found.kind === "present" ? (found.value.tcb_info?.app_compose ?? undefined) : undefined;
}

function parseAppCompose(text: string | Uint8Array): Read<AppCompose> {
  const strict = parseStrictJson(text);
  if ("problem" in strict) return unknown(ambiguous(strict.problem));
  return parseWith(schema, strict.value, "the app-compose");
}

function ambiguous(problem: string): ClusterError {
  return new ClusterError("verification", "app-compose-ambiguous", {
    message: `Phala's API: the app-compose can't be hashed reliably: ${problem}`,
    hint: "do not approve its hash; deploy the CVM again from the compose file",
  });
}
