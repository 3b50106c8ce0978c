/** `Spawntee` over the model cloud: the service behind each CVM's gateway. */
import type { Spawntee, SpawnteeAnswer, Health } from "../../src/core/ports.ts";
import type { Calls } from "./calls.ts";
import { has } from "./calls.ts";
import type { Cloud } from "./cloud.ts";
import type { Actor, Vm } from "./vm.ts";

const ANSWER_MS = 60;

export function modelSpawntee(cloud: Cloud, actor: Actor, calls: Calls): Spawntee {
  const at = (url: string): Vm | undefined => {
    const [, appId] = /^https:\/\/([0-9a-f]{40})-/.exec(url) ?? [];
    return cloud.vms.find((vm) => vm.appId === appId && cloud.isUp(vm));
  };
  return {
    health: (url, signal) =>
      calls.make("health", ANSWER_MS, signal, (strikes): SpawnteeAnswer<Health> => {
        const vm = at(url);
        if (!vm || has(strikes, "unknown", "lost", "unsent"))
          return { kind: "silent", detail: "no answer" };
        return { kind: "answered", value: healthOf(vm, cloud) };
      }),
    capacity: async () => ({
      kind: "answered",
      value: { acceptingNewModels: true, runningModels: 0, totalMemoryMb: null },
    }),
    debugEndpoint: async () => "closed",
    tasks: async () => ({ kind: "listed" }),
    approveHashes: (url, hashes, _key, signal) =>
      calls.make("approveHashes", ANSWER_MS, signal, (strikes) => {
        const vm = at(url);
        if (!vm) return { kind: "unclear", detail: "no answer" };
        if (!cloud.platform.push || cloud.platform.schema === "v1") return { kind: "not-offered" };
        if (has(strikes, "denied", "busy")) return { kind: "refused", detail: "HTTP 401" };
        if (has(strikes, "unsent", "unknown")) return { kind: "unclear", detail: "no answer" };
        cloud.push(actor, vm, hashes);
        return has(strikes, "lost", "late")
          ? { kind: "unclear", detail: "no answer" }
          : { kind: "approved" };
      }),
  };
}

function healthOf(vm: Vm, { time, platform }: Cloud): Health {
  const mode = vm.name.endsWith("-registry") || vm.composeText.includes("APPROVED_COMPOSE_HASH");
  return {
    status: "healthy",
    service: "secure-spawn",
    mode: mode ? "registry+runner" : "runner",
    uptimeSeconds: platform.uptime ? Math.floor((time.now - vm.upAt) / 1_000) : null,
  };
}
