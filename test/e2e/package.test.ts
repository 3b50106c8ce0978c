/** The package as npm makes it, installed elsewhere. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";
import { PHALA_BIN } from "../helpers/phala-bin.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test(
  "installed from its tarball into an empty folder, it tells its version and sets a sandbox cluster up",
  { timeout: 180_000 },
  async () => {
    const folder = await temporaryFolder();
    // Packing without scripts: the build that the tests run against is the one that is packed.
    await execa("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: ROOT });
    const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
    const elsewhere = path.join(folder, "elsewhere");
    await mkdir(elsewhere);
    // Without scripts, as careful people install: none of the package or of what it depends on is needed.
    const flags = ["--ignore-scripts", "--no-audit", "--prefix", elsewhere];
    await execa("npm", ["install", ...flags, path.join(folder, tarball ?? "")], { cwd: elsewhere });
    // It brings nothing along: its libraries are in the bundle.
    const modules = path.join(elsewhere, "node_modules");
    expect((await readdir(modules)).filter((name) => !name.startsWith("."))).toEqual(["tee-cluster"]);
    const licenses = path.join(modules, "tee-cluster", "dist", "THIRD-PARTY-LICENSES.txt");
    expect(await readFile(licenses, "utf8")).toMatch(/^undici \d[\d.]* \(MIT\)$/m);
    const program = path.join(elsewhere, "node_modules", ".bin", "tee-cluster");
    const manifest = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as {
      version: string;
    };
    expect((await execa(program, ["--version"])).stdout).toBe(manifest.version);
    const env = { HOME: folder, XDG_STATE_HOME: path.join(folder, "state"), PHALA_BIN, CI: "true" };
    const run = await execa(program, ["init", "--sandbox", "--yes", "--quiet"], { cwd: elsewhere, env });
    expect(run.stdout).toContain("orchestrator.yml");
    expect(await readFile(path.join(elsewhere, "orchestrator.yml"), "utf8")).toContain("sandbox-cluster");
  },
);
