/** A compose file with a secret in it: the state directory, which may be in a CI cache, does not get it. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { cloudOf, makeWorld, withCompose } from "../../helpers/program.ts";
import { AT_ONCE, initiated } from "./world.ts";

const SECRET = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";

test("it is not stored, and the run says so; the next one needs no record of it", async () => {
  const world = await makeWorld({ timings: AT_ONCE });
  const env = await withCompose(world, "runner", (text) =>
    text.replace("- LOG_LEVEL=INFO", `- LOG_LEVEL=INFO\n      - MODELS_API_KEY=${SECRET}`),
  );
  for (let run = 1; run <= 2; run += 1) {
    const ran = await world.run(["init", "--json", "--hash-from", "provision"], env);
    const { approved_compose_hashes: approved } = initiated(ran);
    expect(ran.stderr).toContain("a secret is written into a compose file: it is not kept");
    expect((await cloudOf(world.sandbox)).approved).toEqual(approved);
    const files = await readdir(world.stateDir, { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      files
        .filter((file) => file.isFile())
        .map((file) => readFile(path.join(file.parentPath, file.name), "utf8")),
    );
    expect(texts.length).toBeGreaterThan(2);
    expect(texts.filter((text) => text.includes(SECRET))).toEqual([]);
  }
});
