/**
 * The gate: the only way from one run of the `phala` CLI to the API. A loopback server in this process, under a random
 * path and with a throwaway key; it forwards what the command needs with the real key, and sees every answer. When this
 * process ends, in whatever way, that run can no longer change the cloud. See docs/gate.md.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { messageOf } from "../../../errors/cluster-error.ts";
import type { Provisioned } from "../../../core/ports.ts";
import { envKeysOf, lacksKey, provisionedOf, usesOnChainKms } from "./answers.ts";
import {
  isSuccess,
  type Exchange,
  type GateOperation,
  type GateRequest,
  type Result,
  type Role,
  type Withheld,
} from "./exchange.ts";
import { isSealed, classify } from "./expected.ts";
import { forwardMutation, forwardRead, type Upstream } from "./forward.ts";
import { readRequest, sendAnswer, sendProblem } from "./messages.ts";

export type GateOptions = Upstream & {
  readonly operation: GateOperation;
  readonly onDetail: (message: string) => void;
  /** Once aborted, no mutation is forwarded. */
  readonly signal: AbortSignal;
  /** Called when the CLI is no longer needed: the commit of a CVM that was only to be provisioned was withheld. */
  readonly onDone?: () => void;
  /** Timeout in ms for the answer to a forwarded mutation after a stop. */
  readonly settleMs?: number;
};

/** The requests of a run, which determine its outcome. `hookError`: what a hook threw. */
export type Traffic = {
  readonly exchanges: readonly Exchange[];
  readonly provisioned: Provisioned | undefined;
  readonly hookError: { readonly thrown: unknown } | undefined;
};

/** Part of an interrupted run's clean-up budget, which also includes look-ups. */
const SETTLE_MS = 10_000;
/** Short, since the API is asked afterwards whether the CVM is gone, and the budget is nearly used up. */
const SETTLE_DELETION_MS = 500;

/** Opens the gate for one run of the CLI. @throws the system's error if it can't listen on loopback. */
export async function openGate(options: GateOptions): Promise<Gate> {
  const gate = new Gate(options);
  await gate.listen();
  return gate;
}

export class Gate {
  /** In the format of Phala's API keys. */
  readonly key = `phak_${randomBytes(24).toString("base64url")}`;
  readonly #options: GateOptions;
  readonly #root = `/${randomBytes(16).toString("hex")}/api/v1`;
  readonly #server: Server;
  readonly #exchanges: Exchange[] = [];
  /** Recorded when a request arrives, so that of two concurrent ones only one is the first. */
  readonly #roles: Role[] = [];
  readonly #reads = new AbortController();
  readonly #provisioning = new AbortController();
  readonly #commits = new AbortController();
  #inFlight: Promise<unknown> = Promise.resolve();
  #provisioned: Provisioned | undefined;
  #hookError: { thrown: unknown } | undefined;
  #keyChecked = false;
  #stopped = false;
  #settleTimer: NodeJS.Timeout | undefined;
  readonly #onAbort = (): void => this.stop();

  constructor(options: GateOptions) {
    this.#options = options;
    this.#server = createServer((message, response) => {
      this.#handle(message, response).catch(() => response.destroy());
    });
    this.#server.on("clientError", (_, socket) => socket.destroy());
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", resolve);
    });
    if (this.#options.signal.aborted) this.stop();
    else this.#options.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** For PHALA_CLOUD_API_PREFIX. */
  get prefix(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the gate is closed");
    return `http://127.0.0.1:${address.port}${this.#root}`;
  }

  /** Stops forwarding mutations. The answer to a forwarded one is waited for, up to a limit. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    // It changes nothing, and its answer is no longer needed.
    this.#provisioning.abort(new Error("the run is ending"));
    const limit = (): void =>
      this.#commits.abort(new Error("no answer came before the run had to end"));
    const { operation, settleMs = operation.kind === "delete" ? SETTLE_DELETION_MS : SETTLE_MS } =
      this.#options;
    this.#settleTimer = setTimeout(limit, settleMs);
  }

  /** Waits for the answer to a forwarded mutation, then closes. Nothing is forwarded afterwards. */
  async settle(): Promise<Traffic> {
    this.#reads.abort(new Error("the phala CLI has ended"));
    await this.#inFlight;
    this.#stopped = true;
    clearTimeout(this.#settleTimer);
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#server.closeAllConnections();
    this.#server.close();
    return {
      exchanges: this.#exchanges,
      provisioned: this.#provisioned,
      hookError: this.#hookError,
    };
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message, this.#root);
    if (request === undefined || !isSame(request.headers["x-api-key"], this.key))
      return sendProblem(response, 401, "not for this run");
    const { role, problem } = classify(this.#options.operation, request, {
      provisioned: this.#provisioned,
      roles: this.#roles,
    });
    if (problem === undefined) this.#roles.push(role);
    const passing = this.#pass(request, role, problem);
    // A mutation outlives the child that requested it.
    if (role !== "read") this.#inFlight = Promise.all([this.#inFlight, passing]);
    const result = await passing;
    this.#record(request, role, result);
    sendAnswer(response, result);
    if (result.kind === "withheld" && result.reason === "provision-only") this.#options.onDone?.();
  }

  async #pass(request: GateRequest, role: Role, problem: string | undefined): Promise<Result> {
    if (problem !== undefined) return withheld("unexpected-request", problem);
    if (role === "read") return this.#read(request);
    if (role === "provision") return this.#provision(request);
    if (this.#options.operation.kind === "provision")
      return withheld("provision-only", "only the provisioning was asked for");
    if (this.#needsKey(request) && !this.#keyChecked)
      return withheld("unexpected-request", UNSEEN_KEY);
    if (this.#stopped) return STOPPED;
    return (
      (await this.#hook(() => this.#beforeCommit())) ?? this.#mutate(request, this.#commits.signal)
    );
  }

  #beforeCommit(): Promise<void> | undefined {
    const { operation } = this.#options;
    if (operation.kind === "update") return operation.hooks.onUpdate?.();
    if (operation.kind !== "create" || this.#provisioned === undefined) return undefined;
    return operation.hooks.onProvisioned?.(this.#provisioned);
  }

  async #read(request: GateRequest): Promise<Result> {
    const result = await forwardRead(request, this.#options, this.#reads.signal);
    return (await this.#checkRead(result)) ?? result;
  }

  async #provision(request: GateRequest): Promise<Result> {
    const result = await this.#mutate(request, this.#provisioning.signal);
    if (result.kind === "failed" && this.#stopped) return STOPPED;
    if (result.kind !== "answered" || !isSuccess(result)) return result;
    if (usesOnChainKms(result.json))
      return unsupported("this workspace provisions with an on-chain KMS, which is not supported");
    this.#provisioned = provisionedOf(result.json);
    if (lacksKey(this.#options.operation, this.#provisioned)) return unsupported(NO_KEY);
    return (await this.#checkEnvKeys(result)) ?? result;
  }

  /** With an on-chain KMS the environment would be encrypted with a key from another answer. */
  async #checkRead(result: Result): Promise<Result | undefined> {
    const isUpdate = this.#options.operation.kind === "update";
    if (isUpdate && result.kind === "answered" && usesOnChainKms(result.json))
      return unsupported("this CVM has an on-chain KMS, which is not supported");
    return this.#checkEnvKeys(result);
  }

  /** @returns why the CLI must not receive the answer, if so. */
  async #checkEnvKeys(result: Result): Promise<Result | undefined> {
    const { operation } = this.#options;
    if (operation.kind === "read" || operation.kind === "delete" || result.kind !== "answered")
      return undefined;
    for (const key of envKeysOf(result.json)) {
      const withheld = await this.#hook(() => operation.hooks.onEnvKey?.(key));
      if (withheld) return withheld;
      this.#keyChecked = true;
    }
    return undefined;
  }

  /** If keys are checked, an environment that was encrypted with an unseen key is not forwarded. */
  #needsKey({ body }: GateRequest): boolean {
    const { operation } = this.#options;
    return "hooks" in operation && operation.hooks.onEnvKey !== undefined && isSealed(body);
  }

  async #hook(call: () => Promise<void> | undefined): Promise<Result | undefined> {
    try {
      await call();
      return undefined;
    } catch (error) {
      this.#hookError ??= { thrown: error };
      this.stop();
      return withheld("hook", messageOf(error));
    }
  }

  async #mutate(request: GateRequest, signal: AbortSignal): Promise<Result> {
    return this.#stopped ? STOPPED : forwardMutation(request, this.#options, signal);
  }

  #record({ method, path }: GateRequest, role: Role, result: Result): void {
    this.#exchanges.push({ role, method, path, result });
    const what =
      result.kind === "answered" ? String(result.status) : `${result.kind}: ${result.message}`;
    this.#options.onDetail(`phala: ${method} ${path}: ${what}`);
  }
}

const withheld = (reason: Withheld["reason"], message: string): Withheld => ({
  kind: "withheld",
  reason,
  message,
});
const unsupported = (message: string): Withheld => withheld("unsupported", message);
const STOPPED = withheld("stopped", "the run is ending");

const UNSEEN_KEY = "phala sealed the environment with a key that was in no answer of the API";

const NO_KEY =
  "the API's answer to the provisioning has no key to encrypt the environment with; nothing was made";

function isSame(given: string | undefined, expected: string): boolean {
  const [a, b] = [Buffer.from(given ?? ""), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
