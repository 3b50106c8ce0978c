/**
 * Records what the installed `phala` CLI prints, into fixtures/transcripts/phala-VERSION. From the root:
 *
 *   npx esbuild scripts/record-transcripts.ts --bundle --packages=external --platform=node --format=esm \
 *     --outfile=dist/record-transcripts.mjs && node dist/record-transcripts.mjs
 *
 * Real runs against the sandbox, about twenty seconds. To be done when package.json gets another `phala`; the
 * differences to the version before show what the parser has to cope with.
 */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { recordTranscripts } from "../test/helpers/transcripts.ts";

const recorded = await recordTranscripts();
const version = /\d+\.\d+\.\d+/.exec(recorded.get("version")?.stdout ?? "")?.[0];
if (version === undefined)
  throw new Error("phala --version says no version; is it installed? (npm ci)");
const folder = path.resolve("fixtures/transcripts", `phala-${version}`);
await mkdir(folder, { recursive: true });
for (const [name, transcript] of recorded) {
  await writeFile(path.join(folder, `${name}.json`), `${JSON.stringify(transcript, null, 2)}\n`);
}
process.stdout.write(
  `${recorded.size} transcripts of phala ${version} in ${path.relative(".", folder)}\n`,
);
