/** The modules that mutation tests are made of: those that the product's promises rest on, and the tests that guard each. */
import { readdirSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);
const ALL = /\.ts$/;

/** A folder below src (by default the name), which of its files count, and which of its tests don't. */
const MODULES = [
  { name: "approval" },
  { name: "registry" },
  { name: "runners" },
  { name: "app-compose" },
  // With what settles their outcomes, and tells our CVMs from those of others.
  { name: "workflow", pattern: /^(mutation.*|settle-create|find-cvm|ledger)\.ts$/ },
  { name: "state" },
  // Megabytes show how long it takes, which no mutant is judged by.
  { name: "core/redact", folder: "core", pattern: /^redact.*\.ts$/, without: "long texts" },
  { name: "orchestrator" },
  { name: "platform/net/retry", folder: "platform/net", pattern: /^retry\.ts$/ },
];

/**
 * A module is judged by its own tests: what only a distant test notices is guarded by chance.
 *
 * @throws Error for a module without files: it would pass as well tested.
 */
export const modules = MODULES.map(({ name, folder = name, pattern = ALL, without }) => {
  const files = readdirSync(new URL(`src/${folder}`, ROOT))
    .filter((file) => pattern.test(file))
    .map((file) => `src/${folder}/${file}`);
  if (files.length === 0) throw new Error(`no file of src/${folder} matches ${pattern}`);
  return { name, files, tests: [`test/unit/${name}`], without };
});
