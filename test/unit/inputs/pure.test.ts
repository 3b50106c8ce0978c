import { describe, expect, it, test } from "vitest";
import { mayHoldKey } from "../../../src/inputs/as-text.ts";
import { watcher } from "../../../src/inputs/parsers.ts";
import { INPUTS } from "../../../src/inputs/table.ts";
import { describeSizing, sizing } from "../../../src/inputs/sizing.ts";
import { closest } from "../../../src/lib/closest.ts";

describe("the list of inputs", () => {
  it("has each key, flag and variable once", () => {
    for (const names of [
      INPUTS.map(({ key }) => key),
      INPUTS.flatMap(({ flag }) => flag ?? []),
      INPUTS.flatMap(({ variables }) => variables),
    ]) {
      expect(names).toEqual([...new Set(names)]);
    }
  });

  it("offers no flag for a secret", () => {
    const secrets = INPUTS.filter(({ secret }) => secret);
    expect(secrets.map(({ key }) => key)).toEqual(["awsSecretAccessKey", "phalaApiKey"]);
    expect(secrets.filter(({ flag }) => flag !== undefined)).toEqual([]);
  });

  it("has defaults that its own parsers take", () => {
    const defaults = INPUTS.flatMap((input) =>
      input.default === undefined ? [] : [() => input.parse(input.default ?? "")],
    );
    expect(defaults.length).toBeGreaterThan(10);
    expect(() => defaults.map((parse) => parse())).not.toThrow();
  });
});

describe("sizing", () => {
  it.each([
    [4096, 1024, 0.8, 4, 3],
    [2048, 1024, 0.8, 2, 1],
    [4096, 4096, 0.8, 1, 1],
    [16_384, 1000, 1, 16, 16],
    [4096, 1024, 0.1, 4, 1],
  ])(
    "%i MB at %i MB and factor %d: %i models, a new runner at %i",
    (memory, each, factor, models, newRunnerAt) => {
      expect(sizing(memory, each, factor)).toEqual({ models, newRunnerAt });
    },
  );

  it("is told in one line", () => {
    expect(describeSizing(4096, 1024, 0.8)).toBe(
      "4096 MB at 1024 MB per model: 4 models, a new runner at 3",
    );
    expect(describeSizing(4096, 4096, 1)).toBe(
      "4096 MB at 4096 MB per model: 1 model, a new runner at 1",
    );
  });
});

describe("did you mean", () => {
  const known = ["cluster-name", "instance-type", "timeout"];
  it.each([
    ["clutser-name", "cluster-name"],
    ["TIMEOUT", "timeout"],
    ["instance_type", "instance-type"],
    ["colour", undefined],
  ])("%s: %s", (word, expected) => {
    expect(closest(word, known)).toBe(expected);
  });
});

test.each([
  ["onchain:https://rpc.example/v2/abcdef0123456789ABCD", true],
  ["onchain:https://rpc.example/?apikey=x", true],
  ["onchain:https://rpc.example/mainnet", false],
  ["yaml:models.yml", false],
])("a watcher that may hold a key is not kept: %s", (text, holds) => {
  expect(mayHoldKey(watcher(text))).toBe(holds);
});
