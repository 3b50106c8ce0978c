/** Bugs on purpose, each one that this tool had or could have: the simulation must find them all. */
import type { CloudApi, CvmOperation, DeployHooks, PhalaCli } from "../../src/core/ports.ts";
import { Calls, type Surroundings } from "./calls.ts";
import type { Cloud } from "./cloud.ts";
import { CLUSTER } from "./files.ts";
import { modelEvidence } from "./tee.ts";
import type { Given, Plant, World } from "./world.ts";

const withApi = (given: Given, api: Partial<CloudApi>): Given => ({
  ...given,
  ports: { ...given.ports, api: { ...inherit(given.ports.api), ...api } },
});
const withCli = (given: Given, cli: Partial<PhalaCli>): Given => ({
  ...given,
  ports: { ...given.ports, cli: { ...inherit(given.ports.cli), ...cli } },
});

/** The models are objects of a class: their methods are on its prototype. */
function inherit<T extends object>(port: T): T {
  const names = [...Object.keys(port), ...Object.getOwnPropertyNames(Object.getPrototypeOf(port))];
  const members = names
    .filter((name) => name !== "constructor")
    .map((name): [string, unknown] => {
      const member = port[name as keyof T] as unknown;
      return [name, typeof member === "function" ? member.bind(port) : member];
    });
  return Object.fromEntries(members) as T;
}

/** What one machine remembers in spite of itself, from run to run. */
const memories = new WeakMap<World, Map<number, Map<string, string>>>();
function memoryOf(world: World, op: number): Map<string, string> {
  const ofWorld = memories.get(world) ?? new Map<number, Map<string, string>>();
  memories.set(world, ofWorld);
  const memory = ofWorld.get(op) ?? new Map<string, string>();
  ofWorld.set(op, memory);
  return memory;
}

const isRunner = (name: string): boolean => /^bird-runner-[0-9a-f]{8}$/.test(name);
const isTemporaryName = (name: string): boolean => name === `${CLUSTER}-runner-temp`;

/** Changes what `/operations` lists. */
function withOperations(
  given: Given,
  change: (listed: readonly CvmOperation[]) => CvmOperation[],
): Given {
  return withApi(given, {
    operations: async (id, signal) => {
      const found = await given.ports.api.operations(id, signal);
      return found.kind === "present" ? { ...found, value: change(found.value) } : found;
    },
  });
}

export const PLANTED: Readonly<Record<string, Plant>> = {
  "not FAILED, so done": (given) =>
    withOperations(given, (listed) =>
      listed.map((one) => (one.status === "in_progress" ? one : { ...one, state: "done" })),
    ),

  "the newest operation is ours": (given) => {
    let own: string | null = null;
    const cli: Partial<PhalaCli> = {
      updateCvm: async (...sent) => {
        const outcome = await given.ports.cli.updateCvm(...sent);
        if (outcome.kind === "ok") own = outcome.value.correlationId;
        return outcome;
      },
    };
    return withOperations(withCli(given, cli), (listed) => {
      if (own === null || listed.some(({ correlationId }) => correlationId === own))
        return [...listed];
      const [newest] = listed;
      return newest
        ? [{ ...newest, type: "compose_update", correlationId: own }, ...listed.slice(1)]
        : [];
    });
  },

  "names are identity": (given, { op, world }) => {
    const names = memoryOf(world, op);
    const nameOf = (id: string): string => names.get(id) ?? id;
    const cli: Partial<PhalaCli> = {
      createCvm: async (request, signal, hooks) => {
        const outcome = await given.ports.cli.createCvm(request, signal, {
          ...hooks,
          onProvisioned: async (provisioned) => {
            names.set(provisioned.appId, request.name);
            await hooks?.onProvisioned?.(provisioned);
          },
        });
        if (outcome.kind === "ok" && outcome.value.vmUuid)
          names.set(outcome.value.vmUuid, request.name);
        return outcome;
      },
      deleteCvm: (id, signal) => given.ports.cli.deleteCvm(nameOf(id), signal),
    };
    return withApi(withCli(given, cli), {
      findCvm: async (id, signal) => {
        const found = await given.ports.api.findCvm(nameOf(id), signal);
        if (found.kind !== "present" || !names.has(id)) return found;
        const own = id.length === 40 ? { appId: id } : { vmUuid: id };
        return { kind: "present", value: { ...found.value, ...own } };
      },
    });
  },

  "what has our name is ours": (given, { op, world }) => {
    const memory = memoryOf(world, op);
    const claim = <C extends { readonly name: string; readonly appId: string | null }>(
      cvm: C,
    ): C => {
      const own = memory.get("made");
      return own !== undefined && isTemporaryName(cvm.name) ? { ...cvm, appId: own } : cvm;
    };
    const cli: Partial<PhalaCli> = {
      createCvm: (request, signal, hooks) =>
        given.ports.cli.createCvm(request, signal, {
          ...hooks,
          onProvisioned: async (provisioned) => {
            if (isTemporaryName(request.name)) memory.set("made", provisioned.appId);
            await hooks?.onProvisioned?.(provisioned);
          },
        }),
    };
    return withApi(withCli(given, cli), {
      findCvm: async (id, signal) => {
        const byName = id === memory.get("made") ? `${CLUSTER}-runner-temp` : id;
        const found = await given.ports.api.findCvm(byName, signal);
        return found.kind === "present" ? { kind: "present", value: claim(found.value) } : found;
      },
      listCvms: async (signal, filter) =>
        (await given.ports.api.listCvms(signal, filter)).map(claim),
    });
  },

  "one look is enough for absent": (given) => {
    let made = false;
    let ahead = 0;
    const cli: Partial<PhalaCli> = {
      createCvm: async (request, ...more) => {
        const outcome = await given.ports.cli.createCvm(request, ...more);
        made ||= isTemporaryName(request.name);
        return outcome;
      },
    };
    // As if it had been looked for long enough.
    const clock = { ...given.clock, monotonic: () => given.clock.monotonic() + ahead };
    return withApi(withCli({ ...given, clock }, cli), {
      findCvm: async (id, signal) => {
        const found = await given.ports.api.findCvm(id, signal);
        if (made) ahead = 60_000;
        if (found.kind !== "present" || !isTemporaryName(found.value.name)) return found;
        return found.value.composeHash !== null && ahead === 0
          ? found
          : given.ports.api.findCvm(found.value.name, signal);
      },
    });
  },

  "the list is computed before the temporary runner is gone": (given) => {
    let first: Awaited<ReturnType<CloudApi["listCvms"]>> | undefined;
    return withApi(given, {
      listCvms: async (signal, filter = {}) => {
        const keep = filter.keep ?? (() => true);
        first ??= await given.ports.api.listCvms(signal, {});
        const now = await given.ports.api.listCvms(signal, filter);
        return [
          ...now.filter(({ name }) => !isRunner(name)),
          ...first.filter((cvm) => isRunner(cvm.name) && keep(cvm)),
        ];
      },
    });
  },

  "the local clock decides": (given) =>
    withApi(given, { serverClock: { now: () => null, skewMs: () => null } }),

  "an update without a variable": (given) =>
    withCli(given, {
      updateCvm: (request, ...more) => {
        const environment = request.environment.filter(({ name }) => name !== "AWS_REGION");
        return given.ports.cli.updateCvm({ ...request, environment }, ...more);
      },
    }),

  "an unclear create is absent": (given) =>
    withCli(given, {
      createCvm: async (...sent) => {
        const outcome = await given.ports.cli.createCvm(...sent);
        if (outcome.kind !== "unclear") return outcome;
        const { message } = outcome;
        return { kind: "refused", message, reason: "other", apiError: null, retryAfterMs: null };
      },
    }),

  "a hash is approved without its app-compose": (given) => ({
    ...given,
    flags: { ...given.flags, allowUncheckedHash: true },
  }),

  "secrets are sealed to any key": (given) => {
    const { cli } = given.ports;
    return withCli(given, {
      createCvm: (request, signal, hooks) => cli.createCvm(request, signal, unchecked(hooks)),
      updateCvm: (request, signal, hooks) => cli.updateCvm(request, signal, unchecked(hooks)),
    });
  },

  "the API's word is evidence enough": (given, { world }) => ({
    ...given,
    evidence: modelEvidence(honest(world.cloud), new Calls([], idle(world), new AbortController())),
  }),
};

const unchecked = (hooks: DeployHooks = {}): DeployHooks => ({
  ...hooks,
  onEnvKey: async () => undefined,
});

/** The same cloud, as if what it shows of itself were true. */
const honest = (cloud: Cloud): Cloud =>
  Object.create(cloud, {
    lie: { value: "none" },
    evidence: { value: new Map() },
  }) as Cloud;

const idle = ({ time }: World): Surroundings => ({
  time,
  do: () => undefined,
  cutPower: () => undefined,
});
