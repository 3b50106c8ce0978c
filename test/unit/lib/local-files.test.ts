import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readFile } from "../../../src/lib/local-files.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

test("a pipe is read to the end of its writer, who may come later", async () => {
  const pipe = path.join(await temporaryFolder(), "pipe");
  await promisify(execFile)("mkfifo", [pipe]);
  const reading = readFile(pipe);
  const text = "x".repeat(200_000);
  await writeFile(pipe, text);
  expect((await reading).toString()).toBe(text);
});
