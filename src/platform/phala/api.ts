/** Read-only client of Phala's REST API. "Unknown" is a separate result, never treated as "absent". */
import type { Cvm } from "../../core/domain.ts";
import type { CloudApi, Lookup, OperationsLookup } from "../../core/ports.ts";
import { ApiReader, type CloudApiOptions } from "./api-reader.ts";
import { readAppCompose } from "./app-compose.ts";
import { listCvms } from "./cvm-list.ts";
import * as schemas from "./schemas.ts";

export type { CloudApiOptions } from "./api-reader.ts";

/** `http` is shared with the spawntee client, and closed by the caller. */
export function createCloudApi(options: CloudApiOptions): CloudApi {
  const reader = new ApiReader(options);
  return {
    host: new URL(options.apiUrl).host,
    account: (signal) => reader.requirePresent("/auth/me", schemas.account, signal),
    findCvm: async (id, signal) =>
      identified(id, await reader.find(pathOf(id), schemas.cvm, signal)),
    listCvms: (signal, filter) => listCvms(reader, signal, filter),
    appCompose: (id, signal, composeHash) =>
      readAppCompose(reader, pathOf(id), composeHash, signal),
    operations: (id, signal) => operationsOf(reader, id, signal),
    nodes: (signal) => reader.requirePresent("/teepods/available", schemas.nodes, signal),
    instanceTypes: (signal) =>
      reader.requirePresent("/instance-types", schemas.instanceTypes, signal),
    serverClock: reader.serverClock,
  };
}

/** The platform's SDK writes an app_id in a path with the prefix `app_`, which answers may lack. */
const APP_ID = /^[\da-f]{40}$/;

function pathOf(id: string, below = ""): string {
  const known = APP_ID.test(id) ? `app_${id}` : id;
  return `/cvms/${encodeURIComponent(known)}${below}`;
}

/**
 * A 404 may mean that the CVM does not exist, or that the platform has no such list; a 403 that the key is invalid, or
 * that it may not read the list. A list that may not be read is not one that does not exist.
 */
async function operationsOf(
  reader: ApiReader,
  id: string,
  signal: AbortSignal,
): Promise<OperationsLookup> {
  const found = await reader.find(pathOf(id, "/operations"), schemas.operations, signal);
  const isForbidden = found.kind === "unknown" && found.refusal !== undefined;
  if (found.kind !== "absent" && !isForbidden) return found;
  const cvm = await reader.find(pathOf(id), schemas.cvm, signal);
  if (cvm.kind !== "present") return cvm;
  if (!isForbidden) return { kind: "not-offered" };
  return {
    kind: "unknown",
    reason: `the key may read the CVM, and not its operations: ${found.reason}`,
  };
}

/** An answer about another CVM than the requested one is unknown. */
function identified(id: string, found: Lookup<Cvm>): Lookup<Cvm> {
  if (found.kind !== "present") return found;
  if (schemas.isDeleted(found.value)) return { kind: "absent" };
  const { name, appId, vmUuid } = found.value;
  const asked = new Set([id, schemas.bareAppId(id), schemas.bareUuid(id)]);
  if ([name, appId, vmUuid].some((known) => known !== null && asked.has(known))) return found;
  return { kind: "unknown", reason: `asked for ${id}, the API answered about ${name}` };
}
