/**
 * The orchestrator's config schemas: unknown keys are refused, every key is written with hyphens.
 * Source: crunchdao/model-orchestrator, configuration/properties/_infrastructure.py (2026-02-16: v1, 2026-02-23: v2).
 */
import { z } from "zod";

const text = z.string().min(1);
const port = z.number().int().min(1).max(65_535);

const runnerFields = {
  type: z.literal("phala"),
  "cluster-name": text,
  "phala-api-url": text,
  "runner-compose-path": text,
  "spawntee-port": port,
  "request-timeout": z.number().int().positive(),
  "instance-type": text,
  "memory-per-model-mb": z.number().int().positive(),
  "max-models": z.number().int().nonnegative(),
};

const runnerV1 = z.strictObject({
  ...runnerFields,
  "cluster-urls": z.array(text),
  "registry-compose-path": text,
  "provision-factor": z.number().positive().max(1),
});

const runnerV2 = z.strictObject({
  ...runnerFields,
  "capacity-threshold": z.number().positive().max(1),
  "gateway-key-path": text,
});

const around = <R extends z.ZodType>(runner: R) =>
  z.strictObject({
    logging: z.strictObject({ level: text }),
    infrastructure: z.strictObject({
      database: z.strictObject({ type: z.literal("sqlite"), path: text }),
      publishers: z.array(
        z.discriminatedUnion("type", [
          z.strictObject({ type: z.literal("websocket"), address: text, port }),
          z.strictObject({ type: z.literal("rabbitmq"), url: text }),
        ]),
      ),
      runner,
    }),
    watcher: z.strictObject({
      interval: z.number().int().positive(),
      poller: z.discriminatedUnion("type", [
        z.strictObject({ type: z.literal("yaml"), path: text }),
        z.strictObject({ type: z.literal("onchain"), url: text }),
      ]),
    }),
    crunches: z.array(
      z.strictObject({
        id: text,
        name: text,
        "onchain-name": text.optional(),
        infrastructure: z.strictObject({ zone: text }),
      }),
    ),
  });

export const orchestratorSchemas = { v1: around(runnerV1), v2: around(runnerV2) } as const;
