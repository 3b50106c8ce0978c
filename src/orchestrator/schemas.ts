/**
 * The orchestrator's config models, key by key: unknown keys are refused, every key is written with hyphens. Keys that
 * it has a default for are optional here too, but for those of the runner that we write.
 * Source: crunchdao/model-orchestrator, configuration/properties/*.py (2026-02-16: v1; 2026-02-23 and later: v2).
 */
import * as z from "zod";

const text = z.string();
const filled = text.min(1);
const int = z.int();
const port = int.min(1).max(65_535);
const share = z.number().positive().max(1);

const runnerFields = {
  type: z.literal("phala"),
  "cluster-name": filled,
  "phala-api-url": filled,
  "runner-compose-path": filled,
  "spawntee-port": port,
  "request-timeout": int.positive().optional(),
  "instance-type": filled,
  "memory-per-model-mb": int.positive(),
  "max-models": int.nonnegative(),
};

const runnerV1 = z.strictObject({
  ...runnerFields,
  "cluster-urls": z.array(filled),
  "registry-compose-path": filled,
  "provision-factor": share,
});

const runnerV2 = z.strictObject({
  ...runnerFields,
  "capacity-threshold": share,
  "gateway-key-path": filled,
  "republish-states": z.boolean().optional(),
});

const pings = { "ping-interval": int.nullish(), "ping-timeout": int.nullish() };
const machine = { vcpus: int, memory: int, "instances-types": z.array(text).nullish() };

const crunch = z.strictObject({
  id: text,
  name: text,
  "onchain-name": text.optional(),
  infrastructure: z
    .strictObject({
      "cluster-name": text.nullish(),
      zone: text,
      "cpu-config": z.strictObject(machine).nullish(),
      "gpu-config": z.strictObject({ ...machine, gpus: int }).nullish(),
      "is-secure": z.boolean().optional(),
      "debug-grpc": z.boolean().optional(),
      "runner-envs": z.unknown().optional(),
    })
    .nullish(),
  "network-config": z.record(text, z.unknown()).nullish(),
  "run-schedule": z.strictObject({ intervals: z.array(text), timezone: text }).nullish(),
});

const around = <R extends z.ZodType>(runner: R) =>
  z.strictObject({
    logging: z.strictObject({
      level: z.enum(["debug", "info", "warning", "error", "critical", "trace"]).optional(),
      file: z.strictObject({ path: text.optional() }).nullish(),
    }),
    infrastructure: z.strictObject({
      database: z.strictObject({ type: z.literal("sqlite").optional(), path: text }),
      publishers: z.array(
        z.discriminatedUnion("type", [
          z.strictObject({ type: z.literal("websocket"), address: text, port: int, ...pings }),
          z.strictObject({ type: z.literal("rabbitmq"), url: text }),
        ]),
      ),
      runner,
    }),
    watcher: z.strictObject({
      interval: int.optional(),
      poller: z.discriminatedUnion("type", [
        z.strictObject({ type: z.literal("yaml"), path: text }),
        z.strictObject({ type: z.literal("onchain"), url: text.optional() }),
      ]),
    }),
    crunches: z.array(crunch),
    "signature-verifier": z.strictObject({ "public-key": text }).nullish(),
    "tournament-api-url": text.optional(),
    "use-augmented-info": z.boolean().optional(),
    "can-place-in-quarantine": z.boolean().optional(),
  });

export const orchestratorSchemas = { v1: around(runnerV1), v2: around(runnerV2) } as const;
