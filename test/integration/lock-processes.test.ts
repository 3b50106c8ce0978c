/** The lock among real processes: many that find a dead owner's lock at once, some of which are killed on the way. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { stateDirectoryOf } from "../../src/state/state-directory.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PROCESSES = 12;
const ROUNDS = 12;

/** Takes the lock again and again. While it holds it, it alone may make and remove a folder. Every third is killed holding it. */
const WORKER = `
import { mkdirSync, rmdirSync, appendFileSync } from "node:fs";
import { acquireLock } from "${ROOT}src/state/lock.ts";
import { systemClock } from "${ROOT}src/platform/clock.ts";
const [directory, inside, log, number] = [JSON.parse(process.argv[2]), process.argv[3], process.argv[4], Number(process.argv[5])];
const signal = new AbortController().signal;
for (let round = 0; round < ${ROUNDS}; ) {
  try {
    const lock = await acquireLock(directory, { command: "w" + number, ...systemClock, signal });
    if (number % 3 === 0 && round === 3) process.kill(process.pid, "SIGKILL");
    mkdirSync(inside);
    await systemClock.sleep(1, signal);
    rmdirSync(inside);
    lock.assertHeld();
    lock.release();
    appendFileSync(log, number + "\\n");
    round += 1;
  } catch (error) {
    if (error.code !== "run-in-progress") throw error;
    await systemClock.sleep(1 + Math.random() * 3, signal);
  }
}
`;

test("never two at once, also where holders are killed", async () => {
  const folder = await temporaryFolder();
  const directory = stateDirectoryOf(folder, "host", "bird");
  await mkdir(directory.path, { recursive: true });
  const dead = {
    pid: 2 ** 22 + 1,
    host: hostname(),
    started: null,
    command: "init",
    since: "",
    nonce: "dead",
  };
  await writeFile(directory.lock, JSON.stringify(dead));
  const script = path.join(folder, "worker.mjs");
  await build({
    stdin: { contents: WORKER, resolveDir: ROOT },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: script,
    logLevel: "error",
  });
  const log = path.join(folder, "log");
  const codes = await Promise.all(
    Array.from({ length: PROCESSES }, async (_, number) => {
      const args = [
        script,
        JSON.stringify(directory),
        path.join(folder, "inside"),
        log,
        String(number),
      ];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
      const errors: Buffer[] = [];
      child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
      const [code, signal] = (await once(child, "close")) as [number | null, string | null];
      return code === null ? signal : `${code}${Buffer.concat(errors).toString()}`;
    }),
  );
  expect(codes).toEqual(
    Array.from({ length: PROCESSES }, (_, number) => (number % 3 === 0 ? "SIGKILL" : "0")),
  );
  const taken = (await readFile(log, "utf8")).trim().split("\n");
  const killed = Math.ceil(PROCESSES / 3);
  expect(taken).toHaveLength((PROCESSES - killed) * ROUNDS + killed * 3);
  // A killed holder's lock may be the last thing; every claim on it is gone.
  expect((await readdir(directory.path)).filter((name) => name.includes(".next-"))).toEqual([]);
});
