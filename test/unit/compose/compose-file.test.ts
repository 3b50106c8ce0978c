/** Compose files: what is read of them, and what is said of those that can't be used. */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256Hex } from "../../../src/core/compose-hash.ts";
import {
  MAX_COMPOSE_BYTES,
  parseCompose,
  readComposeFile,
} from "../../../src/compose/compose-file.ts";
import { ClusterError } from "../../../src/errors/cluster-error.ts";

const parse = (text: string) => parseCompose(text, "compose.yml");
const service = (body: string) => parse(`services:\n  a:\n${body.replaceAll(/^/gm, "    ")}\n`);
const names = (text: string) => parse(text).placeholders.map(({ name }) => name);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tee-cluster-compose-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function failure(name: string, content?: string | Buffer): Promise<ClusterError> {
  const file = path.join(folder, name);
  if (content !== undefined) await writeFile(file, content);
  const thrown: unknown = await readComposeFile(file).catch((error: unknown) => error);
  if (!(thrown instanceof ClusterError)) throw new Error(`no ClusterError but ${String(thrown)}`);
  return thrown;
}

describe("files that can't be used", () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\nservices: {}\n`;
  test.each<[string, string, string | Buffer | undefined]>([
    ["missing.yml", "compose-missing", undefined],
    ["empty.yml", "compose-empty", ""],
    ["blank.yml", "compose-empty", "\n  \n"],
    ["nul.yml", "compose-binary", "services:\0"],
    ["latin1.yml", "compose-binary", Buffer.from([0x61, 0x3a, 0x20, 0xe9])],
    ["broken.yml", "compose-not-yaml", "services: [\n"],
    ["alias.yml", "compose-not-yaml", "services: *nowhere\n"],
    ["bomb.yml", "compose-not-yaml", bomb],
    ["two.yml", "compose-not-yaml", "services: {a: {}}\n---\nservices: {b: {}}\n"],
    ["list.yml", "compose-malformed", "- services\n"],
    ["scalar.yml", "compose-malformed", "services\n"],
    ["comment.yml", "compose-malformed", "# nothing here\n"],
    ["none.yml", "compose-malformed", "services: {}\n"],
    ["null.yml", "compose-malformed", "services:\n"],
    ["large.yml", "compose-too-large", "#".repeat(MAX_COMPOSE_BYTES + 1)],
  ])("%s: %s", async (name, code, content) => {
    const error = await failure(name, content);
    expect(error).toMatchObject({ kind: "prerequisite", code });
    expect(error.message).toContain(path.join(folder, name));
    expect(error.hint).toBeTruthy();
    expect(`${error.message}${error.hint ?? ""}`).not.toContain("\n");
  });

  test("a folder, and a pipe that nobody writes to, are told at once", async () => {
    await mkdir(path.join(folder, "folder.yml"));
    execFileSync("mkfifo", [path.join(folder, "pipe.yml")]);
    expect(await failure("folder.yml")).toMatchObject({ code: "compose-not-a-file" });
    expect(await failure("pipe.yml")).toMatchObject({ code: "compose-not-a-file" });
  });

  test("a syntax error names its line", async () => {
    expect((await failure("line.yml", "services:\n  a:\n   - [\n")).message).toMatch(/line \d/);
  });
});

describe("the text", () => {
  const windows = "\uFEFFservices:\r\n  a:\r\n    image: x # é\r\n";

  test("is kept byte for byte, behind a symbolic link too: BOM, CRLF and comments are measured", async () => {
    await writeFile(path.join(folder, "windows.yml"), windows);
    await symlink("windows.yml", path.join(folder, "link.yml"));
    const compose = await readComposeFile(path.join(folder, "link.yml"));
    expect(compose.text).toBe(windows);
    expect(compose.digest).toBe(sha256Hex(windows));
    expect(compose.services).toMatchObject([{ name: "a", image: "x" }]);
  });

  test("may be as large as Phala takes", async () => {
    const head = "services: {a: {image: x}}\n#";
    const file = path.join(folder, "limit.yml");
    await writeFile(file, head + "#".repeat(MAX_COMPOSE_BYTES - head.length));
    expect((await readComposeFile(file)).text).toHaveLength(MAX_COMPOSE_BYTES);
  });
});

describe("placeholders", () => {
  test.each([
    [
      "$A-x ${B} ${C:-d} ${D-d} ${E:?no} ${F?no} ${G:+x} ${H+x}",
      ["A", "B", "C", "D", "E", "F", "G", "H"],
    ],
    ["$$A $${B} $$$C", ["C"]],
    ["${A:-${B:-$C}} ${D:-}", ["A", "B", "C", "D"]],
    ["$1 ${} $ ${-x} a$", []],
    ["${B} ${A} ${B}", ["B", "A"]],
  ])("%s", (text, expected) => {
    expect(names(`services: {a: {command: '${text}'}}`)).toEqual(expected);
  });

  test("a comment or a key has none; a value anywhere in the document has", () => {
    expect(names('# $A\n"$B": 1\nservices: {a: {}}\nvolumes: {v: {name: $C}}\n')).toEqual(["C"]);
  });

  test("the fallback is what follows the operator; one use without it makes the variable needed", () => {
    const found = service(
      "command: ['${A:-x y}', '${B-}', '${C:?told}', '${D}', '${E:-x}', '$E']",
    ).placeholders;
    const fallbacks = Object.fromEntries(found.map(({ name, fallback }) => [name, fallback]));
    expect(fallbacks).toEqual({ A: "x y", B: "", C: null, D: null, E: null });
    expect(found.filter(({ required }) => required).map(({ name }) => name)).toEqual(["C"]);
  });

  test.each(["environment:\n  - AWS_ACCESS_KEY_ID", "environment:\n  AWS_ACCESS_KEY_ID:"])(
    "a name that is passed on without a value refers to the variable: %j",
    (body) => {
      expect(service(body).placeholders).toEqual([
        { name: "AWS_ACCESS_KEY_ID", fallback: null, hasDefault: false, required: false },
      ]);
    },
  );
});

const valuesOf = (text: string) =>
  service(text).services[0]?.environment.map(({ name, value }) => `${name}=${value}`);

describe("services", () => {
  test("the environment in both spellings", () => {
    expect(valuesOf("environment: ['A=1=2', 'B=', 'C=${X:-y}']")).toEqual(["A=1=2", "B=", "C=y"]);
    expect(valuesOf("environment: {A: 1=2, B: '', C: '${X:-y}'}")).toEqual(["A=1=2", "B=", "C=y"]);
  });

  test("merge keys count as docker compose counts them", () => {
    const text =
      "x-common: &common {image: x, privileged: true, ports: ['9010:8080']}\nservices: {a: {<<: *common}}\n";
    const [only] = parse(text).services;
    expect(only).toMatchObject({
      name: "a",
      image: "x",
      privileged: true,
      ports: [{ range: [9010, 9010] }],
    });
  });
});
