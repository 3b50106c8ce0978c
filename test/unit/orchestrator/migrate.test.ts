/** From schema v1 to v2: the text's own comments, order and layout stay. */
import { parse } from "yaml";
import { expect, test } from "vitest";
import { renderConfig } from "../../../src/orchestrator/config.ts";
import { diffConfig } from "../../../src/orchestrator/diff.ts";
import { migrateConfig } from "../../../src/orchestrator/migrate.ts";
import { orchestratorSchemas } from "../../../src/orchestrator/schemas.ts";
import { V2, values } from "./settings.ts";

const KEY = V2.gatewayKeyPath;

test("a file of ours becomes what a v2 run would write, with the old factor as threshold", () => {
  const migrated = migrateConfig(renderConfig(values()), KEY, "o.yml");
  expect(migrated).toBe(renderConfig(values({ ...V2, capacityThreshold: 0.8 })));
});

test("a hand-made file keeps its comments, places and line ends", () => {
  const v1 = [
    "infrastructure:",
    "  runner:",
    "    provision-factor: 0.5 # half, says Ann",
    "    # the old fallback",
    "    cluster-urls:",
    "    - https://a-<model-port>.x # registry",
    "    - https://b-<model-port>.x",
    "    type: phala   # not aws",
    "    registry-compose-path: r.yml",
    "    runner-compose-path: ${RUNNER_FILE}",
    "crunches: [] # none yet",
    "",
  ].join("\r\n");
  const v2 = migrateConfig(v1, "k.pem", "o.yml");
  expect(diffConfig(v1, v2)).toEqual([
    "-     provision-factor: 0.5 # half, says Ann",
    "+     capacity-threshold: 0.5 # half, says Ann",
    "-     cluster-urls:",
    "-     - https://a-<model-port>.x # registry",
    "-     - https://b-<model-port>.x",
    "-     registry-compose-path: r.yml",
    "+     # The coordinator's RSA private key (PEM): requests to the CVMs are signed with it.",
    '+     gateway-key-path: "k.pem"',
  ]);
  expect(v2.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
});

test("twice is once", () => {
  const once = migrateConfig(renderConfig(values()), KEY, "o.yml");
  expect(migrateConfig(once, KEY, "o.yml")).toBe(once);
  expect(migrateConfig(renderConfig(values(V2)), KEY, "o.yml")).toBe(renderConfig(values(V2)));
});

test("flow style is migrated too", () => {
  const v1 = JSON.stringify(parse(renderConfig(values())));
  const config = orchestratorSchemas.v2.parse(parse(migrateConfig(v1, KEY, "o.yml")));
  expect(config.infrastructure.runner).toMatchObject({ "capacity-threshold": 0.8, "gateway-key-path": KEY });
});

test.each([
  ["", "config-not-phala"],
  ["infrastructure: {runner: {type: local}}", "config-not-phala"],
  ["- a", "config-unreadable"],
  ["a: [", "config-unreadable"],
])("%j is refused: %s", (text, code) => {
  expect(() => migrateConfig(text, KEY, "o.yml")).toThrow(expect.objectContaining({ code }));
});
