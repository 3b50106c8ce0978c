// What package.json must say before it is published: where the source is. npm refuses provenance without it, and
// nobody could report a bug. The address is the maintainer's to write down; this only tells what is missing.
import { readFileSync } from "node:fs";
import process from "node:process";

const manifest = JSON.parse(readFileSync(process.argv[2] ?? "package.json", "utf8"));
const { GITHUB_SERVER_URL = "https://github.com", GITHUB_REPOSITORY } = process.env;
const home = `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY ?? "OWNER/NAME"}`;

const expected = {
  "repository.url": `git+${home}.git`,
  "bugs.url": `${home}/issues`,
  homepage: `${home}#readme`,
};
const given = {
  "repository.url": manifest.repository?.url ?? manifest.repository,
  "bugs.url": manifest.bugs?.url ?? manifest.bugs,
  homepage: manifest.homepage,
};

const missing = Object.keys(expected).filter((key) => typeof given[key] !== "string");
const isOther =
  GITHUB_REPOSITORY !== undefined &&
  missing.length === 0 &&
  !given["repository.url"].includes(`/${GITHUB_REPOSITORY}`);
const wrong = isOther ? ["repository.url"] : missing;

if (wrong.length > 0) {
  const what = isOther
    ? `another repository's address, ${given["repository.url"]}`
    : `no ${wrong.join(", ")}`;
  process.stderr.write(
    `package.json can't be published: it has ${what}. Set and commit:\n` +
      `  npm pkg set ${wrong.map((key) => `${key}=${expected[key]}`).join(" ")}\n`,
  );
  process.exitCode = 1;
}
