/** The answer of `list`. */
import { z } from "zod";
import { warnings } from "../shared/schema.ts";

const listedCluster = z.strictObject({
  name: z.string(),
  /** As the platform says it; null: there is no registry. */
  registry_status: z.string().nullable(),
  /** The orchestrator's, and a temporary one that is left. */
  runners: z.int(),
  temporary_runners: z.int(),
  in_account: z.boolean(),
  /** Whether this machine has a record of it. */
  recorded: z.boolean(),
  /** USD, of all its CVMs; null: the price of one of them is not known. */
  usd_per_hour: z.number().nullable(),
});

export const listResult = z.strictObject({
  ok: z.literal(true),
  command: z.literal("list"),
  /** Of the API. */
  host: z.string(),
  clusters: z.array(listedCluster).readonly(),
  warnings,
});

export type ListedCluster = z.infer<typeof listedCluster>;
export type ListResult = z.infer<typeof listResult>;
