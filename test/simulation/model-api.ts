/** `CloudApi` over the model cloud: what was made shows late, differently for each way of asking, and in pages. */
import type { z } from "zod";
import type { Cvm } from "../../src/core/domain.ts";
import type {
  Clock,
  CloudApi,
  CvmFilter,
  CvmOperation,
  Lookup,
  OperationsLookup,
} from "../../src/core/ports.ts";
import { ClusterError } from "../../src/errors/cluster-error.ts";
import type { ApiReader } from "../../src/platform/phala/api-reader.ts";
import { listCvms } from "../../src/platform/phala/cvm-list.ts";
import { operationIdOf, operationState } from "../../src/platform/phala/schemas.ts";
import type { Calls } from "./calls.ts";
import { has } from "./calls.ts";
import { hashOf } from "./app-composes.ts";
import type { Cloud } from "./cloud.ts";
import { isRegistry, type Vm } from "./vm.ts";
import type { Strike } from "./history.ts";
import { EPOCH } from "./time.ts";

const READ_MS = 90;
const DOMAIN = "model.phala.network";

export function modelApi(cloud: Cloud, calls: Calls, clock: Clock): CloudApi {
  return new ModelApi(cloud, calls, clock);
}

class ModelApi implements CloudApi {
  readonly host = "cloud.model";
  readonly #cloud: Cloud;
  readonly #calls: Calls;
  readonly serverClock: CloudApi["serverClock"];

  constructor(cloud: Cloud, calls: Calls, clock: Clock) {
    this.#cloud = cloud;
    this.#calls = calls;
    const now = (): number => EPOCH + cloud.time.now;
    this.serverClock = {
      now: () => ({ ms: now(), uncertaintyMs: 500 }),
      skewMs: () => now() - clock.now(),
    };
  }

  account: CloudApi["account"] = (signal) =>
    this.#calls.make("any", READ_MS, signal, (strikes) => {
      failIf(strikes);
      return {
        username: "ada",
        workspace: "model",
        workspaceId: "model",
        creditUsd: 100,
        postPaid: false,
      };
    });

  findCvm: CloudApi["findCvm"] = (id, signal) =>
    this.#calls.make("findCvm", READ_MS, signal, (strikes): Lookup<Cvm> => {
      const trouble = troubleOf(strikes);
      if (trouble) return trouble;
      const vm = this.#find(id);
      return vm ? { kind: "present", value: this.#seen(vm, strikes) } : { kind: "absent" };
    });

  listCvms: CloudApi["listCvms"] = (signal, filter: CvmFilter = {}) => {
    // By its type, so that a method of another name does not compile.
    const reader: Pick<ApiReader, "requirePresent"> = {
      requirePresent: <T>(path: string, schema: z.ZodType<T>): Promise<T> =>
        this.#calls.make("listCvms", READ_MS, signal, (strikes) => {
          failIf(strikes);
          return schema.parse(this.#page(new URLSearchParams(path.split("?")[1])));
        }),
    };
    return listCvms(reader as ApiReader, signal, filter);
  };

  appCompose: CloudApi["appCompose"] = (id, signal) =>
    this.#calls.make("appCompose", READ_MS, signal, (strikes) => {
      const trouble = troubleOf(strikes);
      if (trouble) return trouble;
      const vm = this.#find(id);
      if (!vm || has(strikes, "missing")) return { kind: "absent" };
      if (has(strikes, "no-runner-compose") && !isRegistry(vm)) return { kind: "absent" };
      const value = has(strikes, "tampered")
        ? { ...vm.appCompose, pre_launch_script: "evil" }
        : vm.appCompose;
      return { kind: "present", value };
    });

  operations: CloudApi["operations"] = (id, signal) =>
    this.#calls.make("operations", READ_MS, signal, (strikes): OperationsLookup => {
      const trouble = troubleOf(strikes);
      if (trouble) return trouble;
      const vm = this.#find(id);
      if (!vm) return { kind: "absent" };
      if (!this.#cloud.platform.operations) return { kind: "not-offered" };
      return { kind: "present", value: this.#operationsOf(vm) };
    });

  nodes: CloudApi["nodes"] = async () => [{ id: 1, name: "model1", region: null, listed: true }];

  instanceTypes: CloudApi["instanceTypes"] = async () => [
    { id: "tdx.medium", vcpu: 2, memoryMb: 4096, hourlyRate: "0.1", requiresGpu: false },
  ];

  /** By uuid, app_id or name: the uuid at once, the others after their lag. */
  #find(id: string): Vm | undefined {
    const { platform, time } = this.#cloud;
    const shows = (vm: Vm, lag: number): boolean => vm.madeAt + lag <= time.now;
    return this.#cloud
      .there()
      .find(
        (vm) =>
          (vm.vmUuid === id && shows(vm, platform.idLag / 4)) ||
          (vm.appId === id && shows(vm, platform.idLag)) ||
          (vm.name === id && shows(vm, platform.nameLag)),
      );
  }

  #seen(vm: Vm, strikes: readonly Strike[] = []): Cvm {
    const { time, platform } = this.#cloud;
    const placed = vm.madeAt + 1_500 <= time.now;
    const busy = this.#cloud.inProgress(vm) !== undefined || vm.upAt > time.now;
    // Of a runner: its hash is what is approved.
    const composeHash = has(strikes, "false-hash") && !isRegistry(vm) ? FALSE_HASH : vm.hash;
    return {
      name: vm.name,
      appId: vm.appId,
      vmUuid: vm.vmUuid,
      status: vm.deletedAt <= time.now ? "deleting" : vm.upAt > time.now ? "starting" : "running",
      inProgress: platform.progress && busy,
      composeHash,
      nodeName: placed ? "model1" : null,
      baseDomain: placed ? DOMAIN : null,
      instanceType: "tdx.medium",
      createdAt: this.#cloud.createdAt(vm),
    };
  }

  /** Newest first, so that pages shift when something is made meanwhile. */
  #page(query: URLSearchParams): unknown {
    const { time, platform, vms } = this.#cloud;
    const search = query.get("search") ?? "";
    const all = vms
      .filter(
        (vm) => vm.madeAt + platform.listLag <= time.now && vm.goneAt + platform.ghostMs > time.now,
      )
      .filter(({ name }) => name.includes(search))
      .toReversed();
    const size = Math.min(platform.pageSize, Number(query.get("page_size")));
    const page = Number(query.get("page"));
    const items = all.slice((page - 1) * size, page * size).map((vm) => itemOf(this.#seen(vm)));
    return { items, total: all.length, page, pages: Math.ceil(all.length / size) };
  }

  #operationsOf(vm: Vm): CvmOperation[] {
    const { time, platform } = this.#cloud;
    const made: CvmOperation = {
      correlationId: platform.correlation ? `create-${vm.vmUuid}` : timedId(vm.madeAt),
      type: "create",
      status: "completed",
      state: "done",
      startedAt: timeOf(vm.madeAt),
      completedAt: timeOf(vm.madeAt),
      errorMessage: null,
      composeHash: null,
    };
    const updates = vm.updates
      .filter(({ listedAt }) => listedAt <= time.now)
      .map(({ correlationId, at, endsAt, word, appCompose }): CvmOperation => {
        const ended = endsAt <= time.now;
        const status = ended || word === "finalizing" ? word : "in_progress";
        const completedAt = ended ? timeOf(endsAt) : null;
        return {
          correlationId: platform.correlation ? correlationId : timedId(at),
          type: "compose_update",
          status,
          state: operationState(status, null, completedAt),
          startedAt: timeOf(at),
          completedAt,
          errorMessage: null,
          composeHash: hashOf(appCompose),
        };
      });
    return [...updates, made];
  }
}

/** What an API says that lies: of no app-compose that anybody deployed. */
export const FALSE_HASH = "f".repeat(64);

const timedId = (ms: number): string | null => operationIdOf(null, timeOf(ms));
const timeOf = (ms: number): string => new Date(EPOCH + ms).toISOString();

const itemOf = (cvm: Cvm): unknown => ({
  name: cvm.name,
  app_id: cvm.appId,
  vm_uuid: cvm.vmUuid,
  status: cvm.status,
  in_progress: cvm.inProgress,
  compose_hash: cvm.composeHash,
  node_info: { name: cvm.nodeName },
  gateway: { base_domain: cvm.baseDomain },
  resource: { instance_type: cvm.instanceType },
  created_at: cvm.createdAt,
});

function troubleOf(
  strikes: readonly Strike[],
): Extract<Lookup<never>, { kind: "unknown" }> | undefined {
  if (has(strikes, "unknown", "lost", "unsent"))
    return { kind: "unknown", reason: "HTTP 502 Bad Gateway" };
  if (!has(strikes, "denied")) return undefined;
  return { kind: "unknown", reason: "HTTP 401 Unauthorized", refusal: denied() };
}

function failIf(strikes: readonly Strike[]): void {
  if (has(strikes, "denied")) throw denied();
  if (troubleOf(strikes))
    throw new ClusterError("platform", "api-failed", {
      message: "HTTP 502 Bad Gateway",
    });
}

const denied = (): ClusterError =>
  new ClusterError("prerequisite", "api-key", {
    message: "HTTP 401 Unauthorized",
  });
