/** `/__sandbox/...`: for other processes, with the key. Never counted as a request, never faulty. */
import * as z from "zod";
import { isLie, type Lie } from "./attestation/lies.ts";
import { alter } from "./cloud.ts";
import { NODES } from "./catalog.ts";
import { planFault, type FaultPlan } from "./fault-text.ts";
import { faultSchema } from "./faults.ts";
import { liveCvms } from "./find.ts";
import type { Reply } from "./api/route.ts";
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
      return { status: 404, json: { detail: "Not Found" } };
  }
}

const ok = (json: unknown): Reply => ({ status: 200, json });
const invalid = (detail: string): Reply => ({ status: 422, json: { detail } });

function setFaults(of: Controlled, body: unknown): Reply {
  const asked = faultsBody.safeParse(body);
  if (!asked.success) return invalid(z.prettifyError(asked.error));
  try {
    const plans = asked.data.map((fault) =>
      typeof fault === "string" ? planFault(fault) : { faults: [fault], behaviour: {} },
    );
    of.setFaults(plans);
    return ok({ faults: plans.length });
  } catch (error) {
    return invalid(error instanceof Error ? error.message : String(error));
  }
}

const liesBody = z.array(z.custom<Lie>((name) => typeof name === "string" && isLie(name)));

function setLies(of: Controlled, body: unknown): Reply {
  const asked = liesBody.safeParse(body);
  if (!asked.success) return invalid(z.prettifyError(asked.error));
  of.setLies(asked.data);
  return ok({ lies: asked.data });
}

/** What an operator does in the dashboard: renames a CVM; or the platform: moves it. */
async function alterCvm(store: CloudStore, body: unknown): Promise<Reply> {
  const asked = alterBody.safeParse(body);
  if (!asked.success) return invalid(z.prettifyError(asked.error));
  const { id, name, node } = asked.data;
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
