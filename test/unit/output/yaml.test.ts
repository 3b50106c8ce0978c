/** `--output yaml`: the same document, for every reader of YAML. */
import { FORMATS } from "../../../src/output/formats.ts";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { createProgram } from "../../../src/cli/program.ts";
import type { Options } from "../../../src/cli/program.ts";
import { toYaml } from "../../../src/output/yaml.ts";
import { harness, INIT } from "./harness.ts";

describe("the document", () => {
  test("is the one of --json, with secrets hidden and marks that reorder text escaped", () => {
    const { reporter, out, redactor } = harness({ json: true, serialize: toYaml });
    redactor.add("hunter2hunter2");
    const notes = ["key hunter2hunter2", "\u202Ereversed", "no", "1e3", "2026-01-01", "a: b\nc"];
    const result = { ...INIT, notes };
    reporter.finish(result);
    expect(out.text).not.toMatch(/hunter2|\u202e/u);
    expect(parse(out.text)).toEqual({ ...result, notes: ["key [redacted]", ...notes.slice(1)] });
    // Readers of YAML 1.1 would take these for a boolean, a number and a date.
    expect(parse(out.text, { version: "1.1" })).toEqual(parse(out.text));
  });
});

async function optionsOf(...words: readonly string[]): Promise<Options> {
  let given: Options = {};
  const program = createProgram("0.0.0", async (_command, options) => void (given = options));
  for (const command of program.commands)
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  await program.parseAsync(words, { from: "user" });
  return given;
}

describe("the flag", () => {
  test.each([
    [["explain", "-o", "yaml"], true],
    [["explain", "--output=json"], true],
    [["explain", "--json"], true],
    [["explain", "--output", "text"], false],
    [["explain"], false],
  ])("%j: a document: %s", async (words, json) => {
    expect(await optionsOf(...words)).toMatchObject({ json });
  });

  test.each([
    [["--json", "-o", "text"], "cannot be used with"],
    [["-o", "xml"], `Allowed choices are ${FORMATS.join(", ")}`],
  ])("%j is refused", async (words, message) => {
    await expect(optionsOf("explain", ...words)).rejects.toThrow(message);
  });

  test("leaves an --output of a command's own alone", async () => {
    const words = ["config", "migrate", "a.yml", "--output", "b.yml", "--output-format", "yaml"];
    expect(await optionsOf(...words)).toMatchObject({
      output: "b.yml",
      format: "yaml",
      json: true,
    });
  });
});
