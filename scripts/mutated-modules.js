/** The modules that mutation tests are made of, each with its files: those that the product's promises rest on. */
import { readdirSync } from "node:fs";

const ROOT = new URL("../", import.meta.url);
const ALL = /\.ts$/;

/** A folder below src, and which of its files count. */
const MODULES = [
  ["approval", ALL],
  ["registry", ALL],
  ["runners", ALL],
  ["app-compose", ALL],
  // With what settles their outcomes, and tells our CVMs from those of others.
  ["workflow", /^(mutation.*|settle-create|find-cvm|ledger)\.ts$/],
  ["state", ALL],
  ["core", /^redact.*\.ts$/],
  ["orchestrator", ALL],
  ["platform/net", /retry.*\.ts$/],
];

/** @throws Error for a module that has no files (any more): it would pass for well tested. */
export const modules = MODULES.map(([folder, pattern]) => {
  const files = readdirSync(new URL(`src/${folder}`, ROOT))
    .filter((name) => pattern.test(name))
    .map((name) => `src/${folder}/${name}`);
  if (files.length === 0) throw new Error(`no file of src/${folder} matches ${pattern}`);
  return { name: folder, files };
});
