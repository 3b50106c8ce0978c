/** `PhalaCli` over the model cloud: requests are refused, lost, repeated and late, and a child may be killed between two. */
import type {
  AcceptedUpdate,
  CreateCvmRequest,
  CreatedCvm,
  DeployHooks,
  EnvironmentVariable,
  MutationOutcome,
  PhalaCli,
  Provisioned,
  Refused,
  RefusalReason,
  Unclear,
  UpdateCvmRequest,
} from "../../src/core/ports.ts";
import type { Calls } from "./calls.ts";
import { has } from "./calls.ts";
import { hashOf } from "./app-composes.ts";
import type { Cloud } from "./cloud.ts";
import type { Actor, Vm } from "./vm.ts";
import type { Strike } from "./history.ts";
import { givenKey } from "./tee.ts";

/** What phala takes to start. */
const START_MS = 700;
const PROVISION_MS = 700;
const COMMIT_MS = 900;
/** How long a request that nobody answers is waited for. */
const LOST_MS = 12_000;

export function modelCli(cloud: Cloud, actor: Actor, calls: Calls): PhalaCli {
  return new ModelCli(cloud, actor, calls);
}

class ModelCli implements PhalaCli {
  readonly #cloud: Cloud;
  readonly #actor: Actor;
  readonly #calls: Calls;

  constructor(cloud: Cloud, actor: Actor, calls: Calls) {
    this.#cloud = cloud;
    this.#actor = actor;
    this.#calls = calls;
  }

  locate: PhalaCli["locate"] = async () => "/usr/bin/phala";
  version: PhalaCli["version"] = async () => ({ kind: "ok", value: "1.1.18" });
  logs: PhalaCli["logs"] = async () => ({ kind: "ok", value: [] });
  isReady: PhalaCli["isReady"] = async () => true;
  expectRuns: PhalaCli["expectRuns"] = async () => undefined;
  login: PhalaCli["login"] = async () => ({ kind: "ok", value: { username: "ada" } });

  async createCvm(
    request: CreateCvmRequest,
    signal: AbortSignal,
    hooks: DeployHooks = {},
  ): Promise<MutationOutcome<CreatedCvm>> {
    const provisioned = await this.provisionCvm(request, signal, hooks);
    if (provisioned.kind !== "ok") return provisioned;
    if (signal.aborted) return refused("stopped", "interrupted");
    await hooks.onProvisioned?.(provisioned.value);
    return this.#calls.make("createCvm", COMMIT_MS, undefined, (strikes) =>
      this.#commit(request, provisioned.value, strikes),
    );
  }

  async provisionCvm(
    request: CreateCvmRequest,
    signal: AbortSignal,
    hooks: DeployHooks = {},
  ): Promise<MutationOutcome<Provisioned>> {
    const { composeText, environment } = request;
    const outcome = await this.#calls.make("createCvm", PROVISION_MS, undefined, (strikes) => {
      if (signal.aborted) return refused("stopped", "interrupted");
      if (has(strikes, "busy")) return refused("busy", "429 Too Many Requests");
      if (has(strikes, "denied")) return refused("denied", "401 Unauthorized");
      if (has(strikes, "unknown", "lost", "unsent")) return refused("other", "502 Bad Gateway");
      const appId = this.#cloud.id(40);
      const composeHash = hashOf(this.#cloud.compose(composeText, namesOf(environment)));
      const envKey = givenKey(this.#cloud, appId).publicKey;
      return { kind: "ok" as const, value: { appId, composeHash, envKey } };
    });
    if (outcome.kind === "ok") await hooks.onEnvKey?.(givenKey(this.#cloud, outcome.value.appId));
    return outcome;
  }

  async #commit(
    { name, composeText, environment }: CreateCvmRequest,
    provisioned: Provisioned,
    strikes: readonly Strike[],
  ): Promise<MutationOutcome<CreatedCvm>> {
    const { appId, composeHash } = provisioned;
    if (has(strikes, "busy")) return refused("busy", "429 Too Many Requests");
    if (has(strikes, "denied")) return refused("denied", "401 Unauthorized");
    if (this.#cloud.named(name)) return conflict(provisioned);
    if (has(strikes, "unsent", "unknown")) return this.#lost(provisioned);
    const late = strikes.find((strike) => strike.does === "late");
    const make = (at?: number): Vm =>
      this.#cloud.make(this.#actor, {
        name,
        appId,
        composeText,
        env: envOf(environment),
        ...(at === undefined ? {} : { at }),
      });
    if (late) {
      make(this.#cloud.time.now + LOST_MS + late.seconds * 1_000);
      return this.#lost(provisioned);
    }
    const { vmUuid } = make();
    if (has(strikes, "repeated")) return conflict(provisioned);
    if (has(strikes, "lost")) return this.#lost(provisioned);
    return {
      kind: "ok",
      value: { name, appId, vmUuid: has(strikes, "no-id") ? null : vmUuid, composeHash },
    };
  }

  async #lost(provisioned: Provisioned | null): Promise<Unclear> {
    await this.#cloud.time.sleep(LOST_MS);
    return unclear("the connection broke", provisioned, null);
  }

  async updateCvm(
    request: UpdateCvmRequest,
    signal: AbortSignal,
    hooks: DeployHooks = {},
  ): Promise<MutationOutcome<AcceptedUpdate>> {
    await this.#cloud.time.sleep(START_MS);
    const asked = this.#byId(request.cvmId);
    if (asked && !signal.aborted) await hooks.onEnvKey?.(givenKey(this.#cloud, asked.appId));
    if (!signal.aborted) await hooks.onUpdate?.();
    return this.#calls.make("updateCvm", COMMIT_MS, undefined, async (strikes) => {
      if (signal.aborted) return refused("stopped", "interrupted");
      if (has(strikes, "denied")) return refused("denied", "401 Unauthorized");
      if (has(strikes, "unsent", "unknown")) return this.#lost(null);
      const vm = this.#byId(request.cvmId);
      if (!vm) return refused("not-found", "404 Not Found");
      if (has(strikes, "busy") || this.#cloud.inProgress(vm))
        return refused("busy", "409 another operation is in progress");
      const ends = strikes.find((strike) => strike.does === "ends");
      const sent = { composeText: request.composeText, env: envOf(request.environment) };
      const how = { word: ends?.as ?? "completed", listed: ends?.as !== "never" };
      const { correlationId } = this.#cloud.update(this.#actor, vm, sent, how);
      if (has(strikes, "lost", "late")) return this.#lost(null);
      if (has(strikes, "repeated")) return refused("busy", "409 another operation is in progress");
      const isTold = this.#cloud.platform.correlation && !has(strikes, "no-id");
      return { kind: "ok", value: { correlationId: isTold ? correlationId : null } };
    });
  }

  deleteCvm(cvmId: string, signal: AbortSignal): Promise<MutationOutcome<void>> {
    return this.#calls.make("deleteCvm", COMMIT_MS, undefined, async (strikes) => {
      if (signal.aborted) return refused("stopped", "interrupted");
      if (has(strikes, "busy")) return refused("busy", "409 another operation is in progress");
      if (has(strikes, "denied")) return refused("denied", "401 Unauthorized");
      if (has(strikes, "unsent", "unknown")) return this.#lost(null);
      const vm = this.#byId(cvmId);
      if (!vm) return refused("not-found", "404 Not Found");
      this.#cloud.delete(this.#actor, vm);
      if (has(strikes, "lost", "late")) return this.#lost(null);
      return { kind: "ok", value: undefined };
    });
  }

  #byId(id: string): Vm | undefined {
    return this.#cloud.there().find((vm) => [vm.vmUuid, vm.appId, vm.name].includes(id));
  }
}

const namesOf = (environment: readonly EnvironmentVariable[]): string[] =>
  environment.map(({ name }) => name);
const envOf = (environment: readonly EnvironmentVariable[]): ReadonlyMap<string, string> =>
  new Map(environment.map(({ name, value }) => [name, value]));

function refused(reason: RefusalReason, message: string): Refused {
  return { kind: "refused", reason, message, apiError: null, retryAfterMs: null };
}

function unclear(
  message: string,
  provisioned: Provisioned | null,
  conflicting: Refused | null,
): Unclear {
  return { kind: "unclear", message, provisioned, committed: true, conflict: conflicting };
}

const conflict = (provisioned: Provisioned): Unclear =>
  unclear("409 the name is taken", provisioned, refused("name-taken", "409 the name is taken"));
