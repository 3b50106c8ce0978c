/** A predicted compose hash is the one that the platform would make, as long as it adds the same fields. */
import { describe, expect, test } from "vitest";
import { composeHashOf, type AppCompose } from "../../../src/core/compose-hash.ts";
import {
  predictAppCompose,
  predictComposeHash,
  findPredictionBasis,
} from "../../../src/app-compose/predict.ts";

const NAMES = ["REGISTRY_URL", "CAPACITY_THRESHOLD"];
const COMPOSE = "services:\n  a:\n    image: x:1\n";

/** The platform, as far as a prediction knows it. */
const platform = (text: string, names: readonly string[], added: AppCompose = {}): AppCompose => ({
  runner: "docker-compose",
  manifest_version: 2,
  features: ["kms"],
  pre_launch_script: "#!/bin/sh\n",
  ...added,
  docker_compose_file: text,
  allowed_envs: names,
});

describe("what is predicted", () => {
  const basis = platform(COMPOSE, NAMES);

  test.each<[string, string, readonly string[]]>([
    ["the same text and names", COMPOSE, NAMES],
    ["another image", COMPOSE.replace("x:1", "x:2"), NAMES],
    ["a comment", `# why\n${COMPOSE}`, NAMES],
    ["Windows line ends", COMPOSE.replaceAll("\n", "\r\n"), NAMES],
    ["an empty text", "", NAMES],
    ["a name more", COMPOSE, [...NAMES, "MODEL_MEMORY_LIMIT_MB"]],
    ["another order", COMPOSE, NAMES.toReversed()],
    ["no names", COMPOSE, []],
  ])("is what the platform makes of %s", (_, text, names) => {
    const real = platform(text, names);
    expect(predictAppCompose(basis, text, names)).toEqual(real);
    expect(predictComposeHash(basis, text, names)).toBe(composeHashOf(real));
  });

  test("is wrong as soon as the platform adds something else", () => {
    const real = platform(COMPOSE, NAMES, { pre_launch_script: "#!/bin/sh\necho 2\n" });
    expect(predictComposeHash(basis, COMPOSE, NAMES)).not.toBe(composeHashOf(real));
  });

  test("leaves the basis as it was", () => {
    const before = JSON.stringify(basis);
    predictComposeHash(basis, "", []);
    expect(JSON.stringify(basis)).toBe(before);
  });
});

const readBack = (appCompose: AppCompose, at: string) => ({ hash: composeHashOf(appCompose), at });

const storeOf = (...all: readonly AppCompose[]) => ({
  load: async (hash: string) => all.find((appCompose) => composeHashOf(appCompose) === hash),
});

describe("what it rests on", () => {
  const [old, young, up] = ["old", "young", "up"].map((text) => platform(text, NAMES)) as [
    AppCompose,
    AppCompose,
    AppCompose,
  ];
  const record = { composeHashes: [readBack(old, "2026-01-01"), readBack(young, "2026-02-01")] };
  const live = [{ name: "bird-runner-00000001", appCompose: up }];

  test.each([
    ["the newest of two", storeOf(old, young), young, "2026-02-01"],
    ["the older, where the newest was not stored", storeOf(old), old, "2026-01-01"],
  ])("is %s, whatever runs", async (_, store, appCompose, at) => {
    const source = { kind: "recorded", at };
    const hash = composeHashOf(appCompose);
    expect(await findPredictionBasis(record, store, live)).toEqual({ appCompose, hash, source });
  });

  test("is a live runner where nothing recorded is stored", async () => {
    const source = { kind: "live-runner", name: "bird-runner-00000001" };
    const expected = { appCompose: up, hash: composeHashOf(up), source };
    expect(await findPredictionBasis(record, storeOf(), live)).toEqual(expected);
    expect(await findPredictionBasis({ composeHashes: [] }, storeOf(young), live)).toEqual(
      expected,
    );
  });

  test("is nothing where there is neither", async () => {
    expect(await findPredictionBasis(record, storeOf())).toBeUndefined();
  });
});
