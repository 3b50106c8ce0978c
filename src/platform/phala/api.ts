/** Read-only client of Phala's REST API. "Could not find out" is an answer of its own, never "not there". */
import type { Cvm } from "../../core/domain.ts";
import type { CloudApi, Lookup, OperationsLookup } from "../../core/ports.ts";
import { ApiReader, type CloudApiOptions } from "./api-reader.ts";
import { readAppCompose } from "./app-compose.ts";
import { listCvms } from "./cvm-list.ts";
import * as schemas from "./schemas.ts";

export type { CloudApiOptions } from "./api-reader.ts";

/** `http` is the caller's: it is shared with the spawntee client, and closed by whoever made it. */
export function createCloudApi(options: CloudApiOptions): CloudApi {
  const reader = new ApiReader(options);
  return {
    host: new URL(options.apiUrl).host,
    account: (signal) => reader.must("/auth/me", schemas.account, signal),
    findCvm: async (id, signal) =>
      identified(id, await reader.look(pathOf(id), schemas.cvm, signal)),
    listCvms: (signal, filter) => listCvms(reader, signal, filter),
    appCompose: (id, signal, composeHash) =>
      readAppCompose(reader, pathOf(id), composeHash, signal),
    operations: (id, signal) => operationsOf(reader, id, signal),
    nodes: (signal) => reader.must("/teepods/available", schemas.nodes, signal),
    instanceTypes: (signal) => reader.must("/instance-types", schemas.instanceTypes, signal),
    serverClock: reader.serverClock,
  };
}

/** An app_id as the platform's own SDK writes it in a path: with the prefix, which answers need not have. */
const APP_ID = /^[\da-f]{40}$/;

function pathOf(id: string, below = ""): string {
  const known = APP_ID.test(id) ? `app_${id}` : id;
  return `/cvms/${encodeURIComponent(known)}${below}`;
}

/**
 * A 404 may be about the CVM, or about a list that this platform does not keep; a 403 about the key, or about what it
 * may read: a list that is kept from it is not one that is not kept.
 */
async function operationsOf(
  reader: ApiReader,
  id: string,
  signal: AbortSignal,
): Promise<OperationsLookup> {
  const found = await reader.look(pathOf(id, "/operations"), schemas.operations, signal);
  const isForbidden = found.kind === "unknown" && found.refusal !== undefined;
  if (found.kind !== "absent" && !isForbidden) return found;
  const cvm = await reader.look(pathOf(id), schemas.cvm, signal);
  if (cvm.kind !== "present") return cvm;
  if (!isForbidden) return { kind: "not-offered" };
  return {
    kind: "unknown",
    reason: `the key may read the CVM, and not its operations: ${found.reason}`,
  };
}

/** An answer about another CVM than the one that was asked for is no answer. */
function identified(id: string, found: Lookup<Cvm>): Lookup<Cvm> {
  if (found.kind !== "present") return found;
  if (schemas.isDeleted(found.value)) return { kind: "absent" };
  const { name, appId, vmUuid } = found.value;
  const asked = new Set([id, schemas.bareAppId(id), schemas.bareUuid(id)]);
  if ([name, appId, vmUuid].some((known) => known !== null && asked.has(known))) return found;
  return { kind: "unknown", reason: `asked for ${id}, the API answered about ${name}` };
}
