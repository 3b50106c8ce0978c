/** The model cloud: what really exists, whatever its answers say. The promises are judged by this. */
import { createHash } from "node:crypto";
import type { AppCompose } from "../../src/sandbox/app-compose.ts";
import type { ShownEvidence } from "../../src/core/attestation.ts";
import type { Lie } from "../../src/sandbox/attestation/lies.ts";
import { appComposeOf, hashOf } from "./app-composes.ts";
import type { Falsehood, Platform } from "./history.ts";
import { isForeignKey, type Tee } from "./tee.ts";
import { EPOCH, type VirtualTime } from "./time.ts";
import { approvedList, type Actor, type Change, type Update, type Vm } from "./vm.ts";

/** What the platform was lying about, and how long. */
export type Told = { readonly lie: Falsehood; readonly from: number; to: number };

/** An environment that a run has sent off. */
export type Sent = {
  readonly at: number;
  readonly run: number;
  readonly what: "create" | "update";
  readonly vm: Vm;
  readonly hasSecrets: boolean;
  /** Whether somebody else than the CVM can open it. */
  readonly isOpen: boolean;
};

const none: ReadonlyMap<string, string> = new Map();

export class Cloud {
  readonly vms: Vm[] = [];
  readonly changes: Change[] = [];
  readonly time: VirtualTime;
  readonly platform: Platform;
  readonly tee: Tee;
  /** What the CVMs showed, by what they were at the time. */
  readonly evidence = new Map<string, ShownEvidence>();
  readonly told: Told[] = [];
  readonly sent: Sent[] = [];
  #ids = 0;

  constructor(time: VirtualTime, platform: Platform, tee: Tee) {
    this.time = time;
    this.platform = platform;
    this.tee = tee;
  }

  get lie(): Falsehood | "none" {
    return this.told.find(({ to }) => to === Number.POSITIVE_INFINITY)?.lie ?? "none";
  }

  /** From now on, instead of what it told before. */
  tell(lie: Falsehood | "none"): void {
    for (const before of this.told) before.to = Math.min(before.to, this.time.now);
    if (lie !== "none") this.told.push({ lie, from: this.time.now, to: Number.POSITIVE_INFINITY });
  }

  /** What the platform makes of a request now. */
  compose(composeText: string, names: readonly string[]): AppCompose {
    const code: readonly Lie[] = [
      ...(this.platform.script ? (["platform-script"] as const) : []),
      ...(isOfCode(this.lie) ? [this.lie] : []),
    ];
    return appComposeOf(composeText, names, code);
  }

  id(length: number): string {
    this.#ids += 1;
    return createHash("sha256").update(`id ${this.#ids}`).digest("hex").slice(0, length);
  }

  isThere = (vm: Vm): boolean => vm.goneAt > this.time.now && vm.madeAt <= this.time.now;

  there(): Vm[] {
    return this.vms.filter(this.isThere);
  }

  named(name: string): Vm | undefined {
    return this.there().find((vm) => vm.name === name);
  }

  make(
    by: Actor,
    what: {
      readonly name: string;
      readonly appId?: string;
      readonly composeText: string;
      readonly env: ReadonlyMap<string, string>;
      readonly at?: number;
    },
  ): Vm {
    const { name, composeText, env, appId = this.id(40), at = this.time.now } = what;
    const appCompose = this.compose(composeText, [...env.keys()]);
    const upAt = at + 1_000 + this.platform.bootMs;
    const vm: Vm = {
      name,
      appId,
      vmUuid: this.id(32),
      by,
      madeAt: at,
      composeText,
      appCompose,
      hash: hashOf(appCompose),
      env,
      pushed: new Set(),
      upAt,
      deletedAt: Number.POSITIVE_INFINITY,
      goneAt: Number.POSITIVE_INFINITY,
      deletedBy: undefined,
      updates: [],
      changed: { by, at },
    };
    this.vms.push(vm);
    this.#send(by, "create", vm, env);
    this.#log(by, "create", vm, [], none);
    return vm;
  }

  /** Asynchronous: it is there, as `deleting`, for a while. */
  delete(by: Actor, vm: Vm): void {
    if (vm.deletedAt <= this.time.now) return;
    vm.deletedBy = by;
    vm.deletedAt = this.time.now;
    vm.goneAt = this.time.now + this.platform.deleteMs;
    this.#log(by, "delete", vm, approvedList(vm), vm.env);
  }

  /** @param word how its operation ends; `finalizing`: it does not; `never`: it was accepted, and that was all. */
  update(
    by: Actor,
    vm: Vm,
    sent: { readonly composeText: string; readonly env: ReadonlyMap<string, string> },
    { word, listed }: { readonly word: string; readonly listed: boolean },
  ): Update {
    const { platform, time } = this;
    const endsAt =
      word === "never" || word === "finalizing"
        ? Number.POSITIVE_INFINITY
        : time.now + 2_000 + platform.updateMs;
    const update: Update = {
      correlationId: this.id(32),
      by,
      at: time.now,
      listedAt: listed ? time.now + platform.operationLag : Number.POSITIVE_INFINITY,
      word,
      endsAt,
      effective: word === "completed",
      ...sent,
      appCompose: this.compose(sent.composeText, [...sent.env.keys()]),
    };
    vm.updates = [update, ...vm.updates];
    this.#send(by, "update", vm, sent.env);
    if (update.effective) time.at(endsAt, () => this.#apply(vm, update));
    return update;
  }

  #send(by: Actor, what: Sent["what"], vm: Vm, env: ReadonlyMap<string, string>): void {
    if (by.who !== "operator") return;
    const hasSecrets = (env.get("AWS_SECRET_ACCESS_KEY") ?? "") !== "";
    const isOpen = isForeignKey(this.lie);
    this.sent.push({ at: this.time.now, run: by.run, what, vm, hasSecrets, isOpen });
  }

  #apply(vm: Vm, { by, composeText, appCompose, env }: Update): void {
    if (!this.isThere(vm)) return;
    const [before, envBefore] = [approvedList(vm), vm.env];
    vm.composeText = composeText;
    vm.env = env;
    vm.appCompose = appCompose;
    vm.hash = hashOf(appCompose);
    vm.pushed = new Set();
    vm.upAt = this.time.now + 1_000;
    vm.changed = { by, at: this.time.now };
    this.#log(by, "update", vm, before, envBefore);
  }

  push(by: Actor, vm: Vm, hashes: readonly string[]): void {
    const before = approvedList(vm);
    vm.pushed = new Set([...vm.pushed, ...hashes]);
    vm.changed = { by, at: this.time.now };
    this.#log(by, "push", vm, before, vm.env);
  }

  restart(vm: Vm): void {
    vm.pushed = new Set();
    vm.upAt = this.time.now + this.platform.bootMs;
    vm.changed = { by: { who: "person" }, at: this.time.now };
  }

  /** An update that is in progress now. */
  inProgress(vm: Vm): Update | undefined {
    return vm.updates.find(({ endsAt, word }) => endsAt > this.time.now && word !== "never");
  }

  isUp(vm: Vm): boolean {
    const { now } = this.time;
    if (!this.isThere(vm) || vm.deletedAt <= now || vm.upAt > now) return false;
    // The old instance answers for a while.
    return !vm.updates.some(
      ({ effective, at, endsAt }) => effective && at + 2_000 <= now && endsAt > now,
    );
  }

  createdAt(vm: Vm): string | null {
    return this.platform.createdAt ? new Date(EPOCH + vm.madeAt).toISOString() : null;
  }

  #log(
    by: Actor,
    what: Change["what"],
    vm: Vm,
    before: readonly string[],
    envBefore: ReadonlyMap<string, string>,
  ): void {
    const { env: envAfter } = vm;
    this.changes.push({
      at: this.time.now,
      by,
      what,
      vm,
      before,
      after: approvedList(vm),
      envBefore,
      envAfter,
    });
  }
}

const isOfCode = (lie: Falsehood | "none"): lie is "foreign-script" | "another-script" =>
  lie === "foreign-script" || lie === "another-script";
