/** Files that are made of the source. `npm run generate` writes them; here a file that is missing or stale fails. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { generatedFiles } from "../../scripts/generate/files.ts";

test.each(generatedFiles())(
  "$file is up to date (else: npm run generate)",
  async ({ file, content }) => {
    await expect(await content()).toMatchFileSnapshot(
      fileURLToPath(new URL(`../../${file}`, import.meta.url)),
    );
  },
);
