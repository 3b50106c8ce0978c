/** Compose files: the variables they refer to, the ports they publish, the names of a runner, and what is refused. */
import { describe, expect, test } from "vitest";
import { parseCompose } from "../../../src/compose/compose-file.ts";
import { runnerEnvironmentNames } from "../../../src/compose/environment.ts";
import { placeholdersIn } from "../../../src/compose/placeholders.ts";
import { publishedPorts } from "../../../src/compose/ports.ts";

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
    ["$1 $ ${}", {}],
  ])("%s", (text, expected) => {
    expect(Object.fromEntries(placeholdersIn(text).map(({ name, fallback }) => [name, fallback]))).toEqual(
      expected,
    );
  });
});

describe("published ports", () => {
  test.each<[string | number | { published?: string | number }, number[]]>([
    ["9010:8080", [9010]],
    ["127.0.0.1:9010:8080/tcp", [9010]],
    ["[::1]:9010:8080", [9010]],
    ["9010-9012:8080-8082", [9010, 9011, 9012]],
    ["8080", []],
    [8080, []],
    ["70000:80", []],
    ["3-1:3-1", []],
    [{ published: "9010" }, [9010]],
    [{ published: 9010 }, [9010]],
    [{}, []],
  ])("%j", (entry, expected) => {
    expect([...publishedPorts([entry])]).toEqual(expected);
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
      { A: "1=2", B: "$B" },
      // Without a value it is passed through.
      { C: "3", D: "${D}" },
    ]);
    expect(services.map(({ privileged }) => privileged)).toEqual([false, true]);
    expect(placeholders.map(({ name }) => name)).toEqual(["B", "D"]);
    expect(kept).toBe(text);
  });

  test.each([
    ["", "compose-empty"],
    [" \n", "compose-empty"],
    ["a: [", "compose-not-yaml"],
    ["- a", "compose-malformed"],
    ["services: {}", "compose-malformed"],
    ["services: {a: {ports: 80}}", "compose-malformed"],
  ])("%j is %s", (text, code) => {
    expect(() => parseCompose(text, "c.yml")).toThrow(
      expect.objectContaining({ kind: "prerequisite", code }) as Error,
    );
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
