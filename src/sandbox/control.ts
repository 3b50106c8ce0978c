/** `/__sandbox/...`, for other processes that have the key. Not counted as requests, and without faults. */
import * as z from "zod";
import { messageOf } from "../errors/cluster-error.ts";
import { isLie, type Lie } from "./attestation/lies.ts";
import { alter } from "./cloud.ts";
import { NODES } from "./catalog.ts";
import { planFault } from "./fault-text.ts";
import { faultSchema } from "./faults.ts";
import { liveCvms } from "./find.ts";
import { failure, ok, type Reply } from "./reply.ts";
import { check } from "./requests.ts";
import type { SandboxServer } from "./server.ts";
import type { CloudStore } from "./store.ts";

/** A fault by its name, or in full. */
const faultsBody = z.array(z.union([z.string(), faultSchema]));
const alterBody = z.object({
  id: z.string(),
  name: z.string().min(1).optional(),
  /** A node's name. */
  node: z.enum(NODES.map(({ name }) => name)).optional(),
});

export async function answerControl(
  of: SandboxServer,
  what: string,
  body: unknown,
): Promise<Reply> {
  switch (what) {
    case "GET /health":
      return ok({ ok: true, pid: process.pid });
    case "GET /requests":
      return ok(of.requests);
    case "GET /cloud":
      return ok(await summary(of.store));
    case "POST /faults":
      return setFaults(of, body);
    case "POST /lies":
      return setLies(of, body);
    case "POST /alter":
      return alterCvm(of.store, body);
    case "POST /stop":
      setImmediate(() => of.stop());
      return ok({ ok: true });
    default:
      return failure(404, "Not Found");
  }
}

function setFaults(of: SandboxServer, body: unknown): Reply {
  const faults = check(faultsBody, body);
  try {
    of.setFaults(faults.map(planFault));
    return ok({ faults: faults.length });
  } catch (error) {
    return failure(422, messageOf(error));
  }
}

const liesBody = z.array(z.custom<Lie>((name) => typeof name === "string" && isLie(name)));

function setLies(of: SandboxServer, body: unknown): Reply {
  const lies = check(liesBody, body);
  of.setLies(lies);
  return ok({ lies });
}

/** Renames a CVM, as an operator does in the dashboard, or moves it, as the platform may. */
async function alterCvm(store: CloudStore, body: unknown): Promise<Reply> {
  const { id, name, node } = check(alterBody, body);
  const nodeId = NODES.find((candidate) => candidate.name === node)?.id;
  const fields = { ...(name && { name }), ...(nodeId && { nodeId }) };
  const cvm = await store.change((state) => alter(state, id, fields));
  return ok({ name: cvm.name, app_id: cvm.appId });
}

async function summary(store: CloudStore): Promise<unknown> {
  const state = await store.read();
  return {
    live: liveCvms(state).map(({ name, appId, current }) => ({
      name,
      app_id: appId,
      compose_hash: current.composeHash,
    })),
    ever_created: state.cvms.map((cvm) => cvm.name),
  };
}
