/** The local stand-in for Phala Cloud: API and gateway on one loopback port. See docs/sandbox.md. */
import { isErrno } from "../lib/errno.ts";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { loadAuthority, sandboxTrust } from "./attestation/authority.ts";
import { clearLies, sharedLies, shareLies, type Lie } from "./attestation/lies.ts";
import { NODES } from "./catalog.ts";
import { alter } from "./cloud.ts";
import { planFault } from "./fault-text.ts";
import type { Behaviour, Fault } from "./faults.ts";
import { portUnusable, unreadable, unwritable, CloudStore, ensureOwn } from "./store.ts";
import { environmentOf } from "./interpreter.ts";
import { DEFAULT_TIMINGS, type CloudState, type CvmState, type SandboxTimings } from "./model.ts";
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
  /** Absent: the port of the last time, if it is free. */
  readonly port?: number | undefined;
  /** Absent: a new random one. */
  readonly apiKey?: string | undefined;
  /** That it is known under, beside 127.0.0.1 and localhost: behind a proxy, say. */
  readonly hostNames?: readonly string[] | undefined;
  readonly behaviour?: Partial<Behaviour> | undefined;
  /** As `--fault` takes them; see `fault-text.ts`. */
  readonly faults?: readonly string[] | undefined;
  readonly timings?: Partial<SandboxTimings> | undefined;
  /** The node that the platform chooses by itself; a name of `catalog.ts`. */
  readonly defaultNode?: string | undefined;
  readonly creditUsd?: number | undefined;
  /** How the platform lies, to other runs on this cloud too; absent: as another sandbox has set it. */
  readonly lies?: readonly Lie[] | undefined;
  /** Somebody with the key has asked for its end. */
  readonly onStop?: (() => void) | undefined;
  readonly onRequest?: ((request: SandboxRequest) => void | Promise<void>) | undefined;
};

export type Sandbox = {
  /** `http://127.0.0.1:PORT`; the API's base is below it, at `/api/v1`. */
  readonly apiUrl: string;
  /** Gateway template. */
  readonly gatewayUrl: string;
  readonly apiKey: string;
  /** Of the made-up Intel: in place of Intel's collateral service. */
  readonly collateralUrl: string;
  /** What a run trusts that talks to it; in the form of a trust file. */
  readonly trust: unknown;
  requests(): readonly SandboxRequest[];
  resetRequests(): void;
  /** By name, or in full; the new list replaces the old one. @throws Error for a name that is unknown. */
  setFaults(faults: readonly (Fault | string)[]): void;
  setLies(lies: readonly Lie[]): void;
  /** Renames a CVM, as in the dashboard, or puts it on another node. */
  alter(
    id: string,
    fields: { readonly name?: string; readonly nodeId?: number },
  ): Promise<CvmState>;
  /** The whole cloud, deleted CVMs included. */
  cloud(): Promise<CloudState>;
  /** What a CVM's environment holds, decrypted. */
  environment(cvm: CvmState): ReadonlyMap<string, string>;
  close(): Promise<void>;
};

/**
 * @throws ClusterError where the port that was asked for can't be listened on (conflict, prerequisite), or the state
 *   directory can't be used (prerequisite).
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const store = new CloudStore(options.stateDir);
  await ensureOwnFolder(options.stateDir);
  const authority = await loadAuthority(options.stateDir).catch((error: unknown) => {
    // The system's own errors are about the folder; the rest is about what is in it.
    const isSystems = error instanceof Error && "syscall" in error;
    throw (isSystems ? unwritable : unreadable)(path.join(options.stateDir, "cloud.json"), error);
  });
  if (options.lies) await shareLies(options.stateDir, options.lies);
  const apiKey = options.apiKey ?? `phak_sandbox_${randomBytes(24).toString("base64url")}`;
  const server = new SandboxServer({
    world: {
      store,
      timings: { ...DEFAULT_TIMINGS, ...options.timings },
      defaultNodeId: (NODES.find((node) => node.name === options.defaultNode) ?? NODES[0])?.id ?? 0,
      creditUsd: options.creditUsd ?? 25,
      authority,
      lies: new Set(options.lies ?? (await sharedLies(options.stateDir))),
    },
    apiKey,
    hostNames: options.hostNames ?? [],
    behaviour: options.behaviour ?? {},
    onStop: options.onStop ?? (() => undefined),
    onRequest: options.onRequest ?? (() => undefined),
  });
  server.setFaults((options.faults ?? []).map(planFault));
  const remembered = (await store.read()).port ?? 0;
  const port = await listen(server, options.port, remembered);
  // The port is remembered so that addresses written down by one run are good in the next.
  try {
    await store.change((state) => ({
      state: state.port === null ? { ...state, port } : state,
      result: null,
    }));
  } catch (error) {
    // A server that listens on would keep the program from ending.
    await close(server);
    throw error;
  }
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
    async close() {
      if (options.lies && options.lies.length > 0) await clearLies(options.stateDir);
      await close(server);
    },
  };
}

/** Before anything in it is read. One that is not there yet is made by this user. */
async function ensureOwnFolder(folder: string): Promise<void> {
  try {
    await ensureOwn(folder);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR"))
      throw unwritable(path.join(folder, "cloud.json"), error);
  }
}

/** The one that serves this folder already, as a run sees it. Its trust is that of the folder, which is this user's. */
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

/** A remembered port that somebody else has by now is given up; one that was asked for is not. */
async function listen(
  server: SandboxServer,
  asked: number | undefined,
  remembered: number,
): Promise<number> {
  if (asked !== undefined) {
    await listenOn(server, asked).catch((error: NodeJS.ErrnoException) => {
      throw portUnusable(asked, error);
    });
  } else {
    await listenOn(server, remembered).catch(() => listenOn(server, 0));
  }
  return server.port;
}

async function listenOn({ server }: SandboxServer, port: number): Promise<void> {
  server.listen(port, "127.0.0.1");
  // Rejects with the server's error.
  await once(server, "listening");
}

async function close(server: SandboxServer): Promise<void> {
  server.server.closeAllConnections();
  await new Promise<void>((resolve) => {
    server.server.close(() => resolve());
  });
}
