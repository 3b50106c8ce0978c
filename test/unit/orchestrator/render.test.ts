/** A new orchestrator.yml: golden files, and texts that YAML readers and variable expansion like to change. */
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { renderConfig } from "../../../src/orchestrator/config.ts";
import { orchestratorSchemas } from "../../../src/orchestrator/schemas.ts";
import { expandvars, V2, values } from "./settings.ts";

const GOLDEN = "../../../fixtures/golden";

describe.each(["1.1", "1.2"] as const)("read as YAML %s", (version) => {
  test("schema v1 is the golden file, and nothing but schema v1", async () => {
    const text = renderConfig(values());
    await expect(text).toMatchFileSnapshot(`${GOLDEN}/orchestrator.v1.yml`);
    const config = orchestratorSchemas.v1.parse(parse(text, { version }));
    expect(config.infrastructure.runner).toEqual({
      type: "phala",
      "cluster-name": "bird-tracker",
      "phala-api-url": "https://cloud-api.phala.network",
      "cluster-urls": [
        "https://0123456789abcdef0123456789abcdef01234567-<model-port>.dstack-pha-prod10.phala.network",
      ],
      "registry-compose-path": "model_orchestrator/data/docker-compose.phala.registry.yml",
      "runner-compose-path": "model_orchestrator/data/docker-compose.phala.runner.yml",
      "spawntee-port": 9010,
      "request-timeout": 60,
      "instance-type": "tdx.medium",
      "memory-per-model-mb": 1024,
      "provision-factor": 0.8,
      "max-models": 0,
    });
    expect(orchestratorSchemas.v2.safeParse(parse(text, { version })).success).toBe(false);
  });

  test("schema v2 is the golden file, with the threshold that its runners get", async () => {
    const text = renderConfig(values(V2));
    await expect(text).toMatchFileSnapshot(`${GOLDEN}/orchestrator.v2.yml`);
    const { runner } = orchestratorSchemas.v2.parse(parse(text, { version })).infrastructure;
    expect(runner["capacity-threshold"]).toBe(0.7);
    expect(runner["gateway-key-path"]).toBe("keys/coordinator.pem");
    expect(orchestratorSchemas.v1.safeParse(parse(text, { version })).success).toBe(false);
  });

  test.each([
    "on",
    "no",
    "y",
    "1e3",
    "0o7",
    "017",
    "1_000",
    "190:20:30",
    "2026-11-24",
    "~",
    "null",
    "",
    " ",
    "#x",
    "a: b # c",
    'it\'s "quoted"',
    "back\\slash",
    "two\nlines\ttab",
    "<<",
    "=",
    "*a",
    "&a",
    "!x",
    "%x",
    "@x",
    "`x`",
    "- x",
    "{a: b}",
    "${HOME}/x $PATH",
    "$$HOME",
    "$",
    "\\$HOME",
    "ü €  🐦",
    "\u007f\u0085\u2028\u2029\ufeff",
    "\ufdd0\ue024",
  ])("the text %j is the same text after expansion", (awkward) => {
    const watcher = { type: "yaml", path: awkward === "" ? "x" : awkward } as const;
    const crunches = [{ id: "a", name: watcher.path }];
    const text = renderConfig(values({ registryCompose: watcher.path, watcher, crunches }));
    const expanded = expandvars(text, { HOME: "/wrong", PATH: "/wrong" });
    expect(expanded).toBe(text);
    const config = orchestratorSchemas.v1.parse(parse(expanded, { version }));
    expect(config.infrastructure.runner["registry-compose-path"]).toBe(watcher.path);
    expect(config.watcher.poller).toEqual(watcher);
    expect(config.crunches[0]?.name).toBe(watcher.path);
  });
});

test("an on-chain watcher and several crunches", () => {
  const watcher = { type: "onchain", url: "http://localhost:3000" } as const;
  const crunches = [
    { id: "a", name: "A" },
    { id: "b", name: "B" },
  ];
  const config = orchestratorSchemas.v1.parse(parse(renderConfig(values({ watcher, crunches }))));
  expect(config.watcher).toEqual({ interval: 10, poller: watcher });
  expect(config.crunches.map(({ id }) => id)).toEqual(["a", "b"]);
});

test("schema v2 without a gateway key is refused with the flag to give", () => {
  expect(() => renderConfig(values({ orchestratorSchema: "v2" }))).toThrow(
    expect.objectContaining({
      code: "gateway-key-path-missing",
      kind: "input",
      message: "orchestrator schema v2 needs gateway-key-path, and none is given",
      hint: "give the coordinator's RSA key with --gateway-key-path, or use --orchestrator-schema v1",
    }),
  );
});
