/** The package as npm makes it, elsewhere. */
import { mkdir, readdir, readFile, realpath, rename, symlink } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";
import type { DoctorResult } from "../../src/commands/doctor/result.ts";
import { PHALA_PACKAGE, PHALA_PACKAGE_BIN, warmPhalaBin } from "../helpers/phala-bin.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

type Manifest = {
  readonly version: string;
  readonly man: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
};

test("installed from its tarball into an empty folder, it tells its version and sets a sandbox cluster up", async () => {
  const folder = await temporaryFolder();
  // Packing without scripts: the build that the tests run against is the one that is packed.
  await execa("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: ROOT });
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz")) ?? "";
  // As npm installs it. It unpacks for seconds what phala depends on; here that is a link to the one that is locked.
  const elsewhere = path.join(folder, "elsewhere");
  const modules = path.join(elsewhere, "node_modules");
  const own = path.join(modules, "tee-cluster");
  await mkdir(own, { recursive: true });
  await mkdir(path.join(modules, ".bin"));
  await execa("tar", ["-xzf", path.join(folder, tarball), "-C", own, "--strip-components", "1"]);
  await symlink(PHALA_PACKAGE, path.join(modules, "phala"));
  await symlink(await realpath(PHALA_PACKAGE_BIN), path.join(modules, ".bin", "phala"));
  const manifest = JSON.parse(await readFile(path.join(own, "package.json"), "utf8")) as Manifest;
  const program = path.join(modules, ".bin", "tee-cluster");
  await symlink(path.join(own, manifest.bin["tee-cluster"] ?? ""), program);
  expect(manifest).toEqual(JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")));
  // Its libraries are in the bundle; phala comes along, so that the two commands of the README are enough.
  expect(Object.keys(manifest.dependencies)).toEqual(["phala"]);
  // Careful people install without scripts.
  expect(Object.keys(manifest.scripts).filter((name) => name.endsWith("install"))).toEqual([]);
  const licenses = path.join(own, "dist", "THIRD-PARTY-LICENSES.txt");
  expect(await readFile(licenses, "utf8")).toMatch(/^zod \d[\d.]* \(MIT\)$/m);
  const manual = path.join(own, manifest.man);
  expect(await readFile(manual, "utf8")).toContain('.SS "tee\\-cluster rotate\\-hash"');
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
  const found = checks.find(({ id }) => id === "phala-cli");
  expect(found).toMatchObject({
    status: "passed",
    detail: expect.stringMatching(/^phala \d/) as string,
  });
  // Some installations strip packages of their docs; those of the working directory are somebody else's.
  await rename(path.join(own, "docs"), path.join(elsewhere, "docs"));
  const [explained, topics] = await Promise.all(
    [
      ["explain", "lock-lost"],
      ["help", "topics"],
    ].map((args) => execa(program, args, { cwd: elsewhere, env })),
  );
  expect(explained?.stdout).toContain("What to do");
  expect(topics?.stdout).not.toMatch(/^ {2}state /m);
});
