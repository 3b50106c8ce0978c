/** schemas/config.json, for tee-cluster.yml: editors complete keys and see wrong values. The parsers stay the judges. */
import { INPUTS, type InputDefinition } from "../../src/inputs/table.ts";
import * as parsers from "../../src/inputs/parsers.ts";

type Fragment = Readonly<Record<string, unknown>>;

/** What a parser takes, as far as a schema can tell; any other takes a text. */
const FRAGMENTS = new Map<unknown, Fragment>([
  [
    parsers.clusterName,
    {
      type: "string",
      pattern: "^[A-Za-z](-?[A-Za-z0-9])*$",
      maxLength: parsers.MAX_CLUSTER_NAME,
    },
  ],
  [parsers.region, { type: "string", pattern: "^[a-z]{2,3}(-[a-z]+)+-\\d+$" }],
  [parsers.instanceType, { type: "string", pattern: "^[a-z0-9]+(\\.[a-z0-9-]+)+$" }],
  [parsers.factor, { type: "number", exclusiveMinimum: 0, maximum: 1 }],
  [parsers.duration, { type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s|m|h)$" }],
  [parsers.watcher, { type: "string", pattern: "^(yaml|onchain):" }],
]);

export function configSchema(): string {
  const properties = Object.fromEntries(
    INPUTS.flatMap((input) => (input.flag === undefined ? [] : [[input.flag, propertyOf(input)]])),
  );
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "tee-cluster/config.json",
    title: "tee-cluster.yml",
    description: "Secrets are never in it: they come from the environment.",
    type: "object",
    properties,
    additionalProperties: false,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function propertyOf(input: InputDefinition): Fragment {
  const { parse, description, repeatable, completes } = input;
  const choices = Array.isArray(completes) ? { enum: completes } : undefined;
  const fragment = FRAGMENTS.get(parse) ??
    choices ??
    integerOf(parse) ?? { type: ["string", "number"], minLength: 1 };
  const texts = repeatable ? { anyOf: [fragment, { type: "array", items: fragment }] } : fragment;
  return {
    description,
    ...texts,
    ...(input.default === undefined ? {} : { default: valueOf(input, fragment) }),
  };
}

const valueOf = ({ default: text = "" }: InputDefinition, { type }: Fragment): string | number =>
  type === "number" || type === "integer" ? Number(text) : text;

/** The bounds that a parser of whole numbers carries. */
function integerOf(parse: unknown): Fragment | undefined {
  const { range } = parse as {
    readonly range?: { readonly minimum: number; readonly maximum: number };
  };
  return range && { type: "integer", ...range };
}
