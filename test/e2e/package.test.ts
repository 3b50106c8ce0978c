/** The package as npm makes it, installed elsewhere. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";
import type { DoctorResult } from "../../src/commands/doctor/result.ts";
import { warmPhalaBin } from "../helpers/phala-bin.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Puts what the lockfile has for the package's users into a folder, where npm finds it: what is right already it does
 * not fetch again, and what is missing or of another version it does.
 */
async function fillWithLocked(folder: string): Promise<void> {
  const lock = JSON.parse(await readFile(path.join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean }>;
  };
  const used = Object.entries(lock.packages).flatMap(([place, { dev, devOptional, optional }]) =>
    place === "" || dev || devOptional || optional ? [] : [place],
  );
  // Links where that is possible: these are some 20,000 files.
  const copy = (how: string) =>
    execa("cp", [how, "--parents", "-t", folder, ...used], { cwd: ROOT });
  await copy("-al").catch(() => copy("-a"));
}

test("installed from its tarball into an empty folder, it tells its version and sets a sandbox cluster up", async () => {
  const folder = await temporaryFolder();
  const elsewhere = path.join(folder, "elsewhere");
  await mkdir(elsewhere);
  await fillWithLocked(elsewhere);
  // Packed as for publishing, and that is installed. Without scripts: the build that the tests run against is packed,
  // and careful people install so: none of the package or of what it depends on is needed.
  const flags = ["--ignore-scripts", "--no-audit", "--install-links", "--prefix", elsewhere];
  await execa("npm", ["install", ...flags, ROOT], { cwd: elsewhere });
  const manifest = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as {
    version: string;
    dependencies: Record<string, string>;
  };
  // Its libraries are in the bundle; phala comes along, so that the two commands of the README are enough.
  const modules = path.join(elsewhere, "node_modules");
  expect(Object.keys(manifest.dependencies)).toEqual(["phala"]);
  expect(await readdir(modules)).toContain("phala");
  const licenses = path.join(modules, "tee-cluster", "dist", "THIRD-PARTY-LICENSES.txt");
  expect(await readFile(licenses, "utf8")).toMatch(/^zod \d[\d.]* \(MIT\)$/m);
  const manual = path.join(modules, "tee-cluster", "man", "tee-cluster.1");
  expect(await readFile(manual, "utf8")).toContain('.SS "tee\\-cluster rotate\\-hash"');
  const program = path.join(elsewhere, "node_modules", ".bin", "tee-cluster");
  expect((await execa(program, ["--version"])).stdout).toBe(manifest.version);
  const env = {
    HOME: folder,
    XDG_STATE_HOME: path.join(folder, "state"),
    CI: "true",
    // None but its own.
    PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
    TEE_CLUSTER_POLL_INTERVAL: "100ms",
  };
  const run = await execa(program, ["init", "--sandbox", "--yes", "--quiet"], {
    cwd: elsewhere,
    // Its own one takes four cold starts: integration/adapters/ahead has it deploy.
    env: { ...env, PHALA_BIN: warmPhalaBin() },
  });
  expect(run.stdout).toContain("orchestrator.yml");
  expect(await readFile(path.join(elsewhere, "orchestrator.yml"), "utf8")).toContain(
    "sandbox-cluster",
  );
  const { stdout } = await execa(program, ["doctor", "--sandbox", "--json"], {
    cwd: elsewhere,
    env,
  });
  const { checks } = JSON.parse(stdout) as DoctorResult;
  const own = checks.find(({ id }) => id === "phala-cli");
  expect(own).toMatchObject({
    status: "passed",
    detail: expect.stringMatching(/^phala \d/) as string,
  });
});
