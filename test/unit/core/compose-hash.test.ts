/** The compose hash: held against dstack's own implementation and against texts that were hashed by hand. */
import {
  getComposeHash,
  type AppCompose as SdkAppCompose,
} from "@phala/dstack-sdk/get-compose-hash";
import { describe, expect, test } from "vitest";
import { canonicalJson, composeHashOf, sha256Hex } from "../../../src/core/compose-hash.ts";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A small deterministic generator (mulberry32): a failure names the seed that reproduces it. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const TEXTS = [
  "",
  "a",
  "Z",
  "_",
  "allowed_envs",
  "é",
  "ä\u0308",
  "🦜",
  "\ud800",
  "\u2028",
  "line\nbreak\r\n",
  '"quoted\\"',
  "$VAR ${X:-y}",
  "0x10",
  "10",
  "9",
  "</script>",
  "\u0000",
];
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  0.1,
  1e21,
  1e-7,
  Number.MAX_SAFE_INTEGER,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];

function generate(next: () => number, depth: number): Json {
  const text = (): string => TEXTS[Math.floor(next() * TEXTS.length)] ?? "";
  const kind = Math.floor(next() * (depth > 0 ? 6 : 4));
  if (kind === 0) return text();
  if (kind === 1) return NUMBERS[Math.floor(next() * NUMBERS.length)] ?? 0;
  if (kind === 2) return next() < 0.5;
  if (kind === 3) return null;
  const length = Math.floor(next() * 5);
  if (kind === 4) return Array.from({ length }, () => generate(next, depth - 1));
  return Object.fromEntries(Array.from({ length }, () => [text(), generate(next, depth - 1)]));
}

function generatedAppCompose(seed: number): SdkAppCompose {
  const next = random(seed);
  const fields = Array.from(
    { length: 6 },
    (_, index) => [`field${index}`, generate(next, 4)] as const,
  );
  const entries: (readonly [string, Json])[] = [
    ["docker_compose_file", generate(next, 0)],
    ["allowed_envs", ["REGISTRY_URL", "CAPACITY_THRESHOLD"]],
    ...fields,
  ];
  const shuffled = entries.map((entry) => [next(), entry] as const).toSorted(([a], [b]) => a - b);
  return { runner: "docker-compose", ...Object.fromEntries(shuffled.map(([, entry]) => entry)) };
}

describe("against @phala/dstack-sdk", () => {
  test("500 generated objects have the same hash", () => {
    const hashes = new Set<string>();
    for (let seed = 0; seed < 500; seed += 1) {
      const appCompose = generatedAppCompose(seed);
      const hash = composeHashOf(appCompose);
      expect(hash, `seed ${seed}`).toBe(getComposeHash(appCompose));
      hashes.add(hash);
    }
    // Were the generator stuck on one object, the comparison above would say little.
    expect(hashes.size).toBe(500);
  });

  test("an empty pre_launch_script and a foreign bash_script are measured as they stand", () => {
    const appCompose = { runner: "docker-compose", bash_script: "echo", pre_launch_script: "" };
    expect(composeHashOf(appCompose)).toBe(getComposeHash(appCompose, false));
    expect(composeHashOf(appCompose)).not.toBe(getComposeHash(appCompose, true));
  });
});

describe("fixed vectors", () => {
  const compose = { public_logs: true, docker_compose_file: "services:\n  a:\n    image: x\n" };

  test.each([
    [{}, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"],
    [
      { ...compose, allowed_envs: ["REGISTRY_URL", "CAPACITY_THRESHOLD"] },
      "9bfbcd02f95ce505b2f89bfd1a36fa08464680eaf98962a51253bec7bb16199a",
    ],
    [
      { ...compose, allowed_envs: ["CAPACITY_THRESHOLD", "REGISTRY_URL"] },
      "f68e22fa0dc5ec9519e64d414734b1a5f1a8b0a12c2785c97f3fd3b922e95ac6",
    ],
    [
      { ä: "€", a: { é: false, b: [{ d: "ü", c: null }, 2] }, Z: 1 },
      "fca70a9ce25100200a01a74fb4867fda646ec845dd958bce3aa367dc9d6c6166",
    ],
  ])("vector %#", (appCompose, hash) => {
    expect(composeHashOf(appCompose)).toBe(hash);
  });

  test("keys are sorted at every level, arrays keep their order, nothing is added between tokens", () => {
    expect(canonicalJson({ b: [{ z: 1, y: [3, 1, 2] }], a: "x" })).toBe(
      '{"a":"x","b":[{"y":[3,1,2],"z":1}]}',
    );
  });

  test("what is measured is the text of the compose file byte for byte: a line end too", () => {
    expect(composeHashOf({ ...compose })).not.toBe(
      composeHashOf({
        ...compose,
        docker_compose_file: compose.docker_compose_file.replaceAll("\n", "\r\n"),
      }),
    );
  });

  test("the order in which the fields arrive does not matter, and the argument is not changed", () => {
    const appCompose = { b: { d: 1, c: 2 }, a: [] };
    const before = JSON.stringify(appCompose);
    expect(composeHashOf({ a: [], b: { c: 2, d: 1 } })).toBe(composeHashOf(appCompose));
    expect(JSON.stringify(appCompose)).toBe(before);
  });

  test("a text is hashed as UTF-8", () => {
    expect(sha256Hex("é")).toBe("4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c");
  });
});
