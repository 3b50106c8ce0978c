/** The result of `list`. */
import * as z from "zod";
import * as s from "../shared/schema.ts";

const listedCluster = z.strictObject({
  name: s.string,
  registry_status: s.string
    .nullable()
    .describe("the platform's word; `null`: there is no registry"),
  registries: z.int().describe("more than one: `status` tells them apart"),
  runners: z.int(),
  temporary_runners: z.int(),
  in_account: s.bool,
  recorded: s.bool.describe("whether this machine has a record of it"),
  usd_per_hour: s.number
    .nullable()
    .describe("of all its CVMs; `null`: the price of one of them is not known"),
});

export const listResult = s.timedResult(s.ok, "list", {
  host: s.string.describe("the API's"),
  clusters: z.array(listedCluster).readonly(),
});

export type ListedCluster = z.infer<typeof listedCluster>;
export type ListResult = z.infer<typeof listResult>;
