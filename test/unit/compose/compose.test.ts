/** Compose files: what docker compose makes of their variables and ports, the names of a runner, what is refused. */
import { describe, expect, test } from "vitest";
import { parseCompose } from "../../../src/compose/compose-file.ts";
import { runnerEnvironmentNames } from "../../../src/compose/environment.ts";
import {
  interpolate,
  invalidInterpolation,
  placeholdersIn,
} from "../../../src/compose/interpolation.ts";
import { covers, reaches } from "../../../src/compose/ports.ts";

const portOf = (entry: string) => {
  const { services } = parseCompose(`services: {a: {image: x, ports: [${entry}]}}`, "c.yml");
  const [port] = services[0]?.ports ?? [];
  if (!port) throw new Error("no port");
  return port;
};

const merged = (text: string) =>
  parseCompose(text, "c.yml").services.find(({ name }) => name === "b");

describe("placeholders", () => {
  test.each<[string, Record<string, string | null>]>([
    ["plain", {}],
    ["$A", { A: null }],
    ["${A}", { A: null }],
    ["$A-$B", { A: null, B: null }],
    ["${A:-x}", { A: "x" }],
    ["${A-}", { A: "" }],
    ["${A:?must be set}", { A: null }],
    ["${A:+x}", { A: "x" }],
    ["$$A $${B} $$$C", { C: null }],
    ["${A:-${B:-y}}", { A: "${B:-y}", B: "y" }],
    ["${A:-x} ${A}", { A: null }],
    ['${A:-{"x": {}}} $B', { A: '{"x": {}}', B: null }],
  ])("%s", (text, expected) => {
    expect(
      Object.fromEntries(placeholdersIn(text).map(({ name, fallback }) => [name, fallback])),
    ).toEqual(expected);
  });
});

describe("interpolation", () => {
  const values: Record<string, string> = { SET: "s", EMPTY: "" };
  test.each([
    ["$SET-${SET}", "s-s"],
    ["${SET:-d}|${EMPTY:-d}|${NONE:-d}", "s|d|d"],
    ["${SET-d}|${EMPTY-d}|${NONE-d}", "s||d"],
    ["${SET:+r}|${EMPTY:+r}|${NONE:+r}", "r||"],
    ["${SET+r}|${EMPTY+r}|${NONE+r}", "r|r|"],
    ["$$SET $${SET}", "$SET ${SET}"],
    ["${NONE:-${EMPTY:-${SET}}}", "s"],
    ["${NONE}x$NONE", "x"],
    ["${SET:?m}|${EMPTY:?m}|${EMPTY?m}|${NONE?m}", "s|||"],
  ])("%s is %s", (text, expected) => {
    expect(interpolate(text, (name) => values[name])).toBe(expected);
  });

  test("a required variable without a value is reported; with `?` an empty one will do", () => {
    const missing: string[] = [];
    interpolate(
      "${A:?m} ${SET:?m} ${EMPTY:?m} ${EMPTY?m} ${B?m}",
      (name) => values[name],
      (name) => {
        missing.push(name);
      },
    );
    expect(missing).toEqual(["A", "EMPTY", "B"]);
  });

  test.each([
    ["a $ b", "$ b"],
    ["$1", "$1"],
    ["x${}", "${}"],
    ["${LOG LEVEL}", "${LOG LEVEL}"],
    ["${A:-x", "${A:-x"],
    ["${A", "${A"],
    ["${1A}", "${1A}"],
    ["${A!x}", "${A!x}"],
    ["${A:-$}", "$"],
    ["end$", "$"],
  ])("docker compose refuses %s", (text, from) => {
    expect(invalidInterpolation(text)).toBe(from);
  });

  test.each(["$$", "a$$b", "${A:-a b}", "${A:?set it!}", "$A$B", "no"])(
    "docker compose takes %s",
    (text) => {
      expect(invalidInterpolation(text)).toBeUndefined();
    },
  );
});

describe("published ports", () => {
  test.each<[string, readonly number[] | undefined]>([
    ['"9010:8080"', [9010, 9010]],
    ['"9010-9012:8080-8082"', [9010, 9012]],
    ['"[::]:9010:8080"', [9010, 9010]],
    ['"${P:-9010}:8080"', [9010, 9010]],
    ['"8080"', undefined],
    ["8080", undefined],
    ['"70000:80"', undefined],
    ['"3-1:3-1"', undefined],
    ["{target: 8080, published: '9010'}", [9010, 9010]],
    ["{target: 8080, published: 9010}", [9010, 9010]],
    ["{target: 8080}", undefined],
  ])("%s", (entry, range) => {
    expect(portOf(entry).range).toEqual(range);
  });

  test.each([
    ['"9010:8080"', true],
    ['"9010:8080/tcp"', true],
    ['"0.0.0.0:9010:8080"', true],
    ['"9009-9011:1-3"', true],
    ['"127.0.0.1:9010:8080"', false],
    ['"localhost:9010:8080"', false],
    ['"[::1]:9010:8080"', false],
    ['"9010:8080/udp"', false],
    ["{target: 8080, published: 9010, host_ip: 127.0.0.1}", false],
    ["{target: 8080, published: 9010, protocol: udp}", false],
  ])("%s is reached from outside: %s", (entry, expected) => {
    expect(covers(portOf(entry), 9010)).toBe(true);
    expect(reaches(portOf(entry), 9010)).toBe(expected);
    expect(reaches(portOf(entry), 9020)).toBe(false);
  });
});

describe("a compose file", () => {
  test("has both spellings of an environment, and no placeholder of a comment", () => {
    const text = [
      "# $COMMENT",
      "services:",
      "  a: {image: x, environment: [A=1=2, B=$B]}",
      "  b: {image: y, privileged: true, environment: {C: 3, D: }}",
    ].join("\n");
    const { services, placeholders, text: kept } = parseCompose(text, "c.yml");
    expect(services.map(({ environment }) => environment)).toEqual([
      [
        { name: "A", value: "1=2", line: 3 },
        { name: "B", value: "", line: 3 },
      ],
      // Without a value it is passed through, and is not there where the variable is not set.
      [{ name: "C", value: "3", line: 4 }],
    ]);
    expect(services.map(({ privileged }) => privileged)).toEqual([false, true]);
    expect(placeholders.map(({ name }) => name)).toEqual(["B", "D"]);
    expect(kept).toBe(text);
  });

  test("a secret or config that takes a variable by name declares it", () => {
    const text =
      "services: {a: {image: x}}\nsecrets: {s: {environment: MY_KEY}}\nconfigs: {c: {environment: MY_CONF}}";
    expect(parseCompose(text, "c.yml").placeholders.map(({ name }) => name)).toEqual([
      "MY_KEY",
      "MY_CONF",
    ]);
  });

  test.each([
    ["", "compose-empty"],
    [" \n", "compose-empty"],
    ["a: [", "compose-not-yaml"],
    ["- a", "compose-malformed"],
    ["services: {}", "compose-malformed"],
    ["services: [a]", "compose-malformed"],
  ])("%j is %s", (text, code) => {
    expect(() => parseCompose(text, "c.yml")).toThrow(
      expect.objectContaining({ kind: "prerequisite", code }) as Error,
    );
  });
});

describe("what a service inherits", () => {
  test.each([["extends: {service: a}"], ["extends: a"]])(
    "%s: maps are merged, lists appended, its own keys win",
    (line) => {
      const service = merged(
        [
          "services:",
          "  a: {image: x, privileged: true, environment: {A: 1, B: 1}, ports: ['1:1']}",
          `  b: {${line}, image: y, environment: {B: 2}, ports: ['2:2']}`,
        ].join("\n"),
      );
      expect(service).toMatchObject({ image: "y", privileged: true });
      expect(service?.environment.map(({ name, value }) => `${name}=${value}`)).toEqual([
        "A=1",
        "B=2",
      ]);
      expect(service?.ports.map(({ range }) => range?.[0])).toEqual([1, 2]);
    },
  );

  test("a merge key and an alias, with the lines where things stand; two that extend each other end", () => {
    const text = [
      "x-common: &common",
      "  image: x",
      "  environment: [A=1]",
      "services:",
      "  a: {extends: b, image: x}",
      "  b:",
      "    <<: *common",
      "    extends: a",
      "    privileged: ${P:-yes}",
    ].join("\n");
    const service = merged(text);
    expect(service).toMatchObject({ image: "x", privileged: true, line: 6 });
    expect(service?.environment).toEqual([{ name: "A", value: "1", line: 3 }]);
  });
});

describe("the names that the orchestrator gives its runners, in its order", () => {
  const v2 = ["REGISTRY_URL", "CAPACITY_THRESHOLD", "MODEL_MEMORY_LIMIT_MB"];
  test.each([
    ["v1" as const, undefined, v2.slice(0, 2)],
    ["v1" as const, "wallet", v2.slice(0, 2)],
    ["v2" as const, undefined, v2],
    ["v2" as const, "wallet", [...v2, "GATEWAY_AUTH_COORDINATOR_WALLET"]],
  ])("%s with wallet %s", (schema, coordinatorWallet, expected) => {
    expect(runnerEnvironmentNames({ schema, coordinatorWallet })).toEqual(expected);
  });
});
