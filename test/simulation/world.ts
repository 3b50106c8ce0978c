/** One world per history: the cloud, two machines, and what the others do. */
import path from "node:path";
import { mkdirSync } from "node:fs";
import type { AttestMode, AttestationSources } from "../../src/core/attestation.ts";
import type { RunEvent } from "../../src/core/events.ts";
import type { Clock } from "../../src/core/ports.ts";
import type { Ports } from "../../src/session/dependencies.ts";
import type { Lie } from "../../src/sandbox/attestation/lies.ts";
import { Cloud } from "./cloud.ts";
import { APPROVED, approvedList, isRegistry, type Other, type Vm } from "./vm.ts";
import { CLUSTER, runnerNames, type Files } from "./files.ts";
import type { Deed, Platform } from "./history.ts";
import { Operator } from "./operator.ts";
import type { Tee } from "./tee.ts";
import { VirtualTime } from "./time.ts";

/** What a command is given of the world. */
export type Given = {
  readonly ports: Ports;
  readonly clock: Clock;
  readonly evidence: AttestationSources;
  /** Of the command line, beyond those of the run. */
  readonly flags: Readonly<Record<string, unknown>>;
};
/** A bug that is put between a command and the world, for one run. */
export type Plant = (given: Given, where: { readonly op: number; readonly world: World }) => Given;

const REGISTRY = `${CLUSTER}-registry`;
const TEMPORARY = `${CLUSTER}-runner-temp`;
const ORCHESTRATOR: Other = { who: "orchestrator" };
const PERSON: Other = { who: "person" };

/** One that a run of ours made to read a hash: whatever it is called by now. */
export const isTemporary = (vm: Vm): boolean => vm.by.who === "operator" && !isRegistry(vm);
/** By its name, as `destroy` takes it. */
export const isOfCluster = ({ name }: Vm): boolean =>
  name === REGISTRY || name === TEMPORARY || /^bird-runner-[0-9a-f]{8}$/.test(name);

/** What all histories have in common, and where this one has its disks. */
export type Place = { readonly files: Files; readonly tee: Tee; readonly folder: string };

export class World {
  readonly time = new VirtualTime();
  readonly cloud: Cloud;
  readonly files: Files;
  readonly folder: string;
  readonly operators: readonly [Operator, Operator];
  readonly #plant: Plant | undefined;
  onEvent: ((op: number, event: RunEvent) => void) | undefined;
  #runs = 0;

  constructor(platform: Platform, { files, tee, folder }: Place, plant?: Plant) {
    this.cloud = new Cloud(this.time, platform, tee);
    this.files = files;
    this.folder = folder;
    this.#plant = plant;
    this.operators = [new Operator(0, this), new Operator(1, this)];
    for (const { folder: own } of this.operators) mkdirSync(path.join(own), { recursive: true });
  }

  nextRun(): number {
    return (this.#runs += 1);
  }

  planted(given: Given, op: number): Given {
    return this.#plant ? this.#plant(given, { op, world: this }) : given;
  }

  /** What a run may approve: runners of the operators' own files, with what the platform adds by the rules of its mode. */
  legitimateFor(attest: AttestMode): ReadonlySet<string> {
    const { schema, script } = this.cloud.platform;
    const own: readonly Lie[] = script ? ["platform-script"] : [];
    // Without attestation scripts are shown; with `auto` the first one of a cluster is trusted.
    const lies: readonly (readonly Lie[])[] = [
      own,
      ...(attest === "require" ? [] : [[...own, "another-script"] as const]),
      ...(attest === "off" ? [[...own, "foreign-script"] as const] : []),
    ];
    return new Set(
      ["runner0", "runner1"].flatMap((name) =>
        lies.map((code) => this.files.runnerHash(name, schema, code)),
      ),
    );
  }

  runners(): Vm[] {
    return this.cloud.there().filter(({ name }) => /^bird-runner-[0-9a-f]{8}$/.test(name));
  }

  registry(): Vm | undefined {
    return this.cloud.there().findLast(isRegistry);
  }

  /** What an operator may want to keep or drop: a runner's hash, or one of the list. */
  aHash(): string | undefined {
    const registry = this.registry();
    return this.runners()[0]?.hash ?? (registry && approvedList(registry)[0]);
  }

  do(deed: Deed): void {
    const { cloud } = this;
    switch (deed.deed) {
      case "provision":
        return this.#provision(deed.compose);
      case "push":
        return this.#push();
      case "restart-registry":
        return this.#with(this.registry(), (vm) => cloud.restart(vm));
      case "retire-runner":
        return this.#with(this.runners()[0], (vm) => cloud.delete(ORCHESTRATOR, vm));
      case "rename":
        return this.#with(this.#target(deed.what), (vm) => void (vm.name = `${vm.name}-old`));
      case "replicate":
        return this.#with(this.#target(deed.what), ({ name, appId, composeText, env }) => {
          cloud.make(PERSON, { name, appId, composeText, env });
        });
      case "delete":
        return this.#with(this.#target(deed.what), (vm) => cloud.delete(PERSON, vm));
      case "dashboard-update":
        return this.#dashboardUpdate(deed.ends);
      case "make":
        return this.#make(deed.what);
      case "lie":
        return cloud.tell(deed.lie);
      default:
        this.operators[deed.op].clock.offset += deed.minutes * 60_000;
    }
  }

  #with(vm: Vm | undefined, act: (vm: Vm) => void): void {
    if (vm) act(vm);
  }

  #target(what: "registry" | "temp" | "runner"): Vm | undefined {
    if (what === "registry") return this.registry();
    if (what === "runner") return this.runners()[0];
    return this.cloud.there().findLast(({ name }) => name === TEMPORARY);
  }

  #provision(compose: "runner0" | "runner1" | "evil"): void {
    const env = new Map(runnerNames(this.cloud.platform.schema).map((name) => [name, "value"]));
    const by = compose === "evil" ? PERSON : ORCHESTRATOR;
    const name = `${CLUSTER}-runner-${this.cloud.id(8)}`;
    this.cloud.make(by, { name, composeText: this.files.text(compose), env });
    if (compose !== "evil") this.#push();
  }

  /** The orchestrator of schema v2 pushes the hashes of all that it has made. */
  #push(): void {
    const { push, schema } = this.cloud.platform;
    const registry = this.registry();
    if (!push || schema === "v1" || !registry || !this.cloud.isUp(registry)) return;
    const own = this.runners().filter(({ by }) => by.who === "orchestrator");
    this.cloud.push(ORCHESTRATOR, registry, [...new Set(own.map(({ hash }) => hash))]);
  }

  /** A person adds the other version's hash to the list. */
  #dashboardUpdate(ends: boolean): void {
    const vm = this.registry();
    if (!vm || this.cloud.inProgress(vm)) return;
    const { schema, script } = this.cloud.platform;
    const hash = this.files.runnerHash("runner1", schema, script ? ["platform-script"] : []);
    const list = [...new Set([...(vm.env.get(APPROVED) ?? "").split(","), hash])].filter(
      (text) => text !== "",
    );
    const env = new Map([...vm.env, [APPROVED, list.join(",")]]);
    const how = { word: ends ? "completed" : "finalizing", listed: true };
    this.cloud.update(PERSON, vm, { composeText: vm.composeText, env }, how);
  }

  #make(what: "registry" | "temp"): void {
    const name = what === "registry" ? REGISTRY : TEMPORARY;
    if (this.cloud.named(name)) return;
    const env = new Map([["AWS_REGION", "eu-west-1"]]);
    this.cloud.make(PERSON, {
      name,
      composeText: this.files.text(what === "registry" ? "registry0" : "runner0"),
      env,
    });
  }
}
