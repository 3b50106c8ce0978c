/** `verify` and `trust` through the built program: online against the sandbox, offline with what it saved. */
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { makeWorld } from "../helpers/program.ts";
import { expectValid } from "../helpers/schemas.ts";

test("a sandbox's registry is verified, its evidence again offline, and no real run believes it", async () => {
  const world = await makeWorld();
  const folder = path.join(world.stateDir, "own");
  await mkdir(folder, { recursive: true });
  const place = ["--sandbox", "--state-dir", folder];
  const made = await world.run([
    "init",
    ...place,
    "--yes",
    "--hash-from",
    "provision",
    "--orchestrator-config",
    path.join(folder, "o.yml"),
  ]);
  expect(made.exitCode).toBe(0);

  const audit = path.join(folder, "audit");
  const online = await world.run([
    "verify",
    ...place,
    "--json",
    "--attest",
    "require",
    "--save-evidence",
    audit,
  ]);
  const verified = expectValid("verify", online.stdout);
  expect(online.exitCode).toBe(0);
  expect(verified).toMatchObject({
    ok: true,
    attestation: { result: "verified" },
    error: null,
    warnings: [],
  });

  const files = [
    "--evidence",
    path.join(audit, "evidence.json"),
    "--collateral",
    path.join(audit, "collateral.json"),
  ];
  const offline = await world.run(["verify", ...place, ...files, "--json"]);
  expect(expectValid("verify", offline.stdout)).toMatchObject({
    ok: true,
    attestation: { result: "verified" },
  });

  const real = await world.run(["verify", ...files, "--json"], { PHALA_API_KEY: undefined });
  expect(real.exitCode).toBe(7);
  expect(expectValid("verify", real.stdout)).toMatchObject({
    ok: false,
    attestation: { result: "none", facts: null },
    error: { code: "attest-quote" },
  });

  const late = await world.run(["verify", ...place, ...files, "--json", "--at", "2040-01-01"]);
  expect(late.exitCode).toBe(7);
  expect(expectValid("verify", late.stdout)).toMatchObject({
    error: { code: "attest-unavailable" },
  });

  const pinned = path.join(folder, "pinned.json");
  const evidence = await readFile(path.join(audit, "evidence.json"), "utf8");
  expect(evidence).toContain('"from": "cvm"');
  const diff = await world.run(["trust", "diff", ...place, "--json"]);
  expect(expectValid("trust", diff.stdout)).toMatchObject({
    ok: true,
    differences: [{ key: "registry" }],
  });
  const refused = await world.run(["verify", ...place, "--trust-file", pinned, "--json"]);
  expect(refused.exitCode).toBe(2);
});
