/** The local stand-in for Phala Cloud: API and gateway on one loopback port. See docs/sandbox.md. */
import { isErrno } from "../lib/errno.ts";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { loadAuthority, sandboxTrust } from "./attestation/authority.ts";
import type { Lie } from "./attestation/lies.ts";
import { NODES } from "./catalog.ts";
import { alter } from "./cloud.ts";
import { planFault } from "./fault-text.ts";
import type { Behaviour, Fault } from "./faults.ts";
import { unreadable, unwritable, CloudStore, ensurePrivate } from "./store.ts";
import { environmentOf } from "./interpreter.ts";
import {
  DEFAULT_TIMINGS,
  type Changed,
  type CloudState,
  type CvmState,
  type SandboxTimings,
} from "./model.ts";
import { findRunning } from "./running.ts";
import { SandboxServer, type SandboxRequest } from "./server.ts";

export { SANDBOX_EXAMPLES } from "./catalog.ts";
export { sandboxGatewayKey, walletOf } from "./gateway-key.ts";
export type { Fault } from "./faults.ts";
export type { SandboxTimings } from "./model.ts";
export type { SandboxRequest } from "./server.ts";

export type SandboxOptions = {
  /** Where the cloud is kept, so that several processes see the same one. */
  readonly stateDir: string;
  /** Absent: the previous port, if it is free. */
  readonly port?: number | undefined;
  /** Absent: a random one. */
  readonly apiKey?: string | undefined;
  /** Accepted in `Host` besides 127.0.0.1 and localhost, for example behind a proxy. */
  readonly hostNames?: readonly string[] | undefined;
  readonly behaviour?: Partial<Behaviour> | undefined;
  /** In the format of `--fault`; see `fault-text.ts`. */
  readonly faults?: readonly string[] | undefined;
  readonly timings?: Partial<SandboxTimings> | undefined;
  /** The name of the node that the platform chooses by default. */
  readonly defaultNode?: string | undefined;
  /** Initially; see `setLies`. */
  readonly lies?: readonly Lie[] | undefined;
  /** Called when a client with the key has requested a stop. */
  readonly onStop?: (() => void) | undefined;
  readonly onRequest?: ((request: SandboxRequest) => void | Promise<void>) | undefined;
};

export type Sandbox = {
  /** `http://127.0.0.1:PORT`, without `/api/v1`. */
  readonly apiUrl: string;
  /** Gateway template. */
  readonly gatewayUrl: string;
  readonly apiKey: string;
  /** Of the made-up Intel's collateral service. */
  readonly collateralUrl: string;
  /** What a run with this sandbox trusts, in the format of a trust file. */
  readonly trust: unknown;
  requests(): readonly SandboxRequest[];
  resetRequests(): void;
  /** By name, or in full; the new list replaces the old one. @throws Error for an unknown name. */
  setFaults(faults: readonly (Fault | string)[]): void;
  setLies(lies: readonly Lie[]): void;
  /** Renames a CVM, as in the dashboard, or moves it to another node. */
  alter(
    id: string,
    fields: { readonly name?: string; readonly nodeId?: number },
  ): Promise<CvmState>;
  /** The whole cloud, deleted CVMs included. */
  cloud(): Promise<CloudState>;
  /** A CVM's environment, decrypted. */
  environment(cvm: CvmState): ReadonlyMap<string, string>;
  close(): Promise<void>;
};

/**
 * @throws ClusterError if the given port can't be used (conflict, prerequisite), or the state directory can't
 *   (prerequisite).
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const store = new CloudStore(options.stateDir);
  await ensureOwnFolder(options.stateDir);
  const authority = await loadAuthority(options.stateDir).catch((error: unknown) => {
    // System errors are about the folder, all others about its contents.
    const isSystems = error instanceof Error && "syscall" in error;
    throw (isSystems ? unwritable : unreadable)(path.join(options.stateDir, "cloud.json"), error);
  });
  const apiKey = options.apiKey ?? `phak_sandbox_${randomBytes(24).toString("base64url")}`;
  const server = new SandboxServer({
    world: {
      store,
      timings: { ...DEFAULT_TIMINGS, ...options.timings },
      defaultNodeId: (NODES.find((node) => node.name === options.defaultNode) ?? NODES[0])?.id ?? 0,
      authority,
      lies: new Set(options.lies),
    },
    apiKey,
    hostNames: options.hostNames ?? [],
    behaviour: options.behaviour ?? {},
    onStop: options.onStop ?? (() => undefined),
    onRequest: options.onRequest ?? (() => undefined),
  });
  server.setFaults((options.faults ?? []).map(planFault));
  const port = await server.listen(options.port, (await store.read()).port ?? 0);
  // The port is kept so that URLs from one run are valid in the next.
  const keepPort = (state: CloudState): Changed<null> => ({
    state: state.port === null ? { ...state, port } : state,
    result: null,
  });
  await store.change(keepPort).catch(async (error: unknown) => {
    // A listening server would keep the process alive.
    await server.close();
    throw error;
  });
  const apiUrl = `http://127.0.0.1:${port}`;
  return {
    apiUrl,
    gatewayUrl: `${apiUrl}/gateway/{app_id}-{port}.{base_domain}`,
    apiKey,
    requests: () => server.requests,
    resetRequests: () => server.resetRequests(),
    collateralUrl: `${apiUrl}/pcs`,
    trust: sandboxTrust(authority),
    setLies: (lies) => server.setLies(lies),
    setFaults: (faults) => server.setFaults(faults.map(planFault)),
    alter: (id, fields) => store.change((state) => alter(state, id, fields)),
    cloud: () => store.read(),
    environment: (cvm) => environmentOf(cvm, cvm.current),
    close: () => server.close(),
  };
}

/** Called before anything in the folder is read. A missing one will be created by this user. */
async function ensureOwnFolder(folder: string): Promise<void> {
  try {
    await ensurePrivate(folder);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR"))
      throw unwritable(path.join(folder, "cloud.json"), error);
  }
}

/** The running sandbox of this folder, if any. The folder belongs to this user, and so does its trust. */
export async function attachSandbox(
  folder: string,
): Promise<
  Pick<Sandbox, "apiUrl" | "gatewayUrl" | "apiKey" | "trust" | "collateralUrl"> | undefined
> {
  await ensureOwnFolder(folder);
  const running = await findRunning(folder);
  if (!running) return undefined;
  const trust = sandboxTrust(await loadAuthority(folder));
  return { ...running, trust, collateralUrl: `${running.apiUrl}/pcs` };
}
