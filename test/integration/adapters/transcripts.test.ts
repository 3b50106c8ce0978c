/** The installed phala CLI still prints what was recorded: the parser's unit tests stand on that. */
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { warmPhalaBin } from "../../helpers/phala-bin.ts";
import { recordTranscripts } from "../../helpers/transcripts.ts";

const FOLDER = new URL("../../../fixtures/transcripts/phala-1.1.18/", import.meta.url);

test("every run prints what its transcript says; record them anew if phala was updated", async () => {
  const recorded = await recordTranscripts(warmPhalaBin());
  const files = await readdir(FOLDER);
  expect([...recorded.keys()].map((name) => `${name}.json`).toSorted()).toEqual(files.toSorted());
  for (const [name, transcript] of recorded) {
    const fixture: unknown = JSON.parse(await readFile(new URL(`${name}.json`, FOLDER), "utf8"));
    expect({ name, transcript }).toEqual({ name, transcript: fixture });
  }
});
