/** `/__sandbox/...`: for other processes, with the key. Never counted as a request, never faulty. */
import * as z from "zod";
import { isLie, type Lie } from "./attestation/lies.ts";
import { alter } from "./cloud.ts";
import { NODES } from "./catalog.ts";
import { planFault, type FaultPlan } from "./fault-text.ts";
import { faultSchema } from "./faults.ts";
import { liveCvms } from "./find.ts";
import { Refusal } from "./refusal.ts";
import { failure, ok, type Reply } from "./reply.ts";
import type { SandboxRequest } from "./server.ts";
import type { CloudStore } from "./store.ts";

export type Controlled = {
  readonly store: CloudStore;
  requests(): readonly SandboxRequest[];
  /** The whole list: what it does not have ends. */
  setFaults(plans: readonly FaultPlan[]): void;
  setLies(lies: readonly Lie[]): void;
  /** Ends the server, after this answer. */
  stop(): void;
};

/** A fault by its name, or in full. */
const faultsBody = z.array(z.union([z.string(), faultSchema]));
const alterBody = z.object({
  id: z.string(),
  name: z.string().min(1).optional(),
  /** A node's name. */
  node: z.enum(NODES.map(({ name }) => name)).optional(),
});

export async function answerControl(of: Controlled, what: string, body: unknown): Promise<Reply> {
  switch (what) {
    case "GET /health":
      return ok({ ok: true, pid: process.pid });
    case "GET /requests":
      return ok(of.requests());
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

function setFaults(of: Controlled, body: unknown): Reply {
  const faults = parsed(faultsBody, body);
  try {
    of.setFaults(faults.map(planFault));
    return ok({ faults: faults.length });
  } catch (error) {
    return failure(422, error instanceof Error ? error.message : String(error));
  }
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  throw new Refusal(422, { detail: z.prettifyError(error) });
}

const liesBody = z.array(z.custom<Lie>((name) => typeof name === "string" && isLie(name)));

function setLies(of: Controlled, body: unknown): Reply {
  const lies = parsed(liesBody, body);
  of.setLies(lies);
  return ok({ lies });
}

/** What an operator does in the dashboard: renames a CVM; or the platform: moves it. */
async function alterCvm(store: CloudStore, body: unknown): Promise<Reply> {
  const { id, name, node } = parsed(alterBody, body);
  const nodeId = NODES.find((candidate) => candidate.name === node)?.id;
  const fields = {
    ...(name === undefined ? {} : { name }),
    ...(nodeId === undefined ? {} : { nodeId }),
  };
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
