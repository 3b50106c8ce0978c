/** The check before a release, in a folder with a manifest of its own; what it says to type is typed. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";

const SCRIPT = path.join(import.meta.dirname, "../../scripts/publishable.js");

test("without the repository's address it fails with the command that sets it, and passes after that", async () => {
  const cwd = await mkdtemp(path.join(tmpdir(), "tee-cluster-publish-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  await writeFile(path.join(cwd, "package.json"), JSON.stringify({ name: "x", version: "1.0.0" }));
  const check = (repository: string | undefined) =>
    execa("node", [SCRIPT], { cwd, env: { GITHUB_REPOSITORY: repository }, reject: false });

  const missing = await check("owner/name");
  expect(missing.exitCode).toBe(1);
  expect(missing.stderr).toContain("it has no repository.url, bugs.url, homepage. Set and commit:");
  const [, command = ""] = /\n {2}(npm pkg set .*)/.exec(missing.stderr) ?? [];
  expect(command).toContain("repository.url=git+https://github.com/owner/name.git");
  await execa("bash", ["-c", command], { cwd });

  expect(await check("owner/name")).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await check(undefined)).toMatchObject({ exitCode: 0, stderr: "" });
  const moved = await check("other/name");
  expect(moved.exitCode).toBe(1);
  expect(moved.stderr).toContain("another repository's address, git+https://github.com/owner/");
  expect(moved.stderr).toContain("npm pkg set repository.url=git+https://github.com/other/");
});
