import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ClusterError } from "../../../src/errors/cluster-error.ts";
import { readConfigFile } from "../../../src/inputs/config-file.ts";

async function refusal(work: () => unknown): Promise<ClusterError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "tee-cluster-config-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (content: string | Buffer): string => {
  const file = path.join(directory, "f.yml");
  writeFileSync(file, content);
  return file;
};

const valuesIn = async (text: string): Promise<unknown> =>
  (await readConfigFile(write(text))).values;

describe("the text of a config file", () => {
  it("is a mapping of the flags' names, numbers as they are written", async () => {
    const text =
      "cluster-name: bird\nprovision-factor: 0.80 # why\ncrunch: [a, b=c d]\nwatcher: 'yaml:m.yml'\n";
    expect(await valuesIn(text)).toEqual({
      clusterName: "bird",
      provisionFactor: "0.80",
      crunches: ["a", "b=c d"],
      watcher: "yaml:m.yml",
    });
  });

  it("keeps the items of a list as they are written", async () => {
    expect(await valuesIn("crunch: [0123, 1e3, 0x10, '1.10', yes]")).toEqual({
      crunches: ["0123", "1e3", "0x10", "1.10", "yes"],
    });
    await expect(valuesIn("crunch: [a, ~]")).rejects.toThrow(/must be a text or a list of texts/);
  });

  it.each(["", "# nothing yet\n"])("may be empty: %j", async (text) => {
    expect(await valuesIn(text)).toEqual({});
  });

  it.each([
    ["not YAML", "a: b: c", "f.yml:1: has a second colon in a line", "fix the YAML"],
    ["a key twice", "node: a\nnode: b", "f.yml:2: has the same key twice", "fix the YAML"],
    ["a tab", "crunch:\n\t- a", "f.yml:2: is indented with a tab", "fix the YAML"],
    [
      "two documents",
      "node: a\n---\nnode: b",
      "f.yml:2: has more than one YAML document (---)",
      "fix the YAML",
    ],
    ["a list", "- cluster-name", "f.yml: is not a mapping", "cluster-name: bird-tracker"],
    ["a text", "bird", "f.yml: is not a mapping", "cluster-name: bird-tracker"],
    [
      "a misspelt key",
      "node: a\nclutser-name: b",
      'f.yml:2: there is no input "clutser-name"',
      "did you mean cluster-name?",
    ],
    ["a key like none", "colour: red", 'f.yml:1: there is no input "colour"', "--help"],
    ["a mapping for a text", "node: {a: 1}", "f.yml:1: node must be a text", "node: <name or id>"],
    ["a list for a text", "node: [a, b]", "f.yml:1: node must be a text", "node: <name or id>"],
    [
      "a secret",
      "node: a\naws-secret-access-key: canary",
      "f.yml:2: aws-secret-access-key is a secret",
      "AWS_SECRET_ACCESS_KEY",
    ],
    [
      "a secret, spelt as its variable",
      "AWS_SECRET_ACCESS_KEY: canary",
      "is a secret",
      "AWS_SECRET_ACCESS_KEY",
    ],
    [
      "another secret",
      "phala-api-key: canary",
      "f.yml:1: phala-api-key is a secret",
      "PHALA_API_KEY",
    ],
  ])("is refused: %s", async (_, text, message, help) => {
    const error = await refusal(() => valuesIn(text));
    expect(error).toMatchObject({ kind: "input", code: "config-file-invalid" });
    expect(error.message).toContain(message);
    expect(`${error.message} ${error.hint}`).toContain(help);
    expect(`${error.message} ${error.hint}`).not.toContain("canary");
  });
});

describe("the config file on disk", () => {
  it("is read", async () => {
    const file = write("node: prod9\n");
    expect(await readConfigFile(file)).toEqual({
      path: file,
      values: { node: "prod9" },
      lines: { node: 1 },
    });
  });

  it.each([
    ["too large", `# ${"x".repeat(70_000)}`, "has 70002 bytes"],
    ["not UTF-8", Buffer.from([0x6e, 0xff, 0xfe]), "is not a text file"],
    ["binary", "node: a\0b", "is not a text file"],
  ])("is refused: %s", async (_, content, message) => {
    const file = write(content);
    const error = await refusal(() => readConfigFile(file));
    expect(error.message).toContain(`${file}: ${message}`);
    expect(error.hint).toContain("--config");
  });

  it("that was named may say where the state is", async () => {
    const file = write("state-dir: here\n");
    expect((await readConfigFile(file)).values).toEqual({ stateDir: "here" });
  });

  it("must be there when it was named, and be a file", async () => {
    const absent = path.join(directory, "absent.yml");
    expect((await refusal(() => readConfigFile(absent))).message).toContain(
      `${absent}: can't be read`,
    );
    expect((await refusal(() => readConfigFile(directory))).message).toContain("can't be read");
  });
});
