/** schemas/*.json, from the zod schemas of the results. */
import { z } from "zod";
import { configInitResult } from "../../src/commands/config-init/result.ts";
import { configShowResult } from "../../src/commands/config-show/result.ts";
import { explainResult } from "../../src/commands/explain/result.ts";
import { trustResult } from "../../src/commands/trust/result.ts";
import { verifyResult } from "../../src/commands/verify/result.ts";

export type PublishedSchema = {
  /** `schemas/NAME.json`. */
  readonly name: string;
  /** Which document it is of. */
  readonly title: string;
  readonly schema: z.ZodType;
};

export const SCHEMAS: readonly PublishedSchema[] = [
  { name: "verify", title: "tee-cluster verify --json", schema: verifyResult },
  { name: "trust", title: "tee-cluster trust show|diff|pin --json", schema: trustResult },
  { name: "config-show", title: "tee-cluster config show --json", schema: configShowResult },
  { name: "config-init", title: "tee-cluster config init --json", schema: configInitResult },
  { name: "explain", title: "tee-cluster explain --json", schema: explainResult },
];

/** Draft 2020-12. Objects stay open, so that fields can be added in later versions. */
export function jsonSchema({ name, title, schema }: PublishedSchema): string {
  const { $schema, ...body } = z.toJSONSchema(schema, { io: "input", override: open });
  return `${JSON.stringify({ $schema, $id: `tee-cluster/${name}.json`, title, ...body }, null, 2)}\n`;
}

function open({ jsonSchema: node }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (node.additionalProperties === false) delete node.additionalProperties;
  delete node.readOnly;
}
