/** The pages of docs/, which the package ships. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { PACKAGE_ROOT } from "./package-files.ts";

const FOLDER = path.join(PACKAGE_ROOT, "docs", "/");

/** Absolute path of a page. */
export const pathOf = (page: string): string => `${FOLDER}${page}`;

/** @returns the text of the page; undefined if there is none. */
export function findPage(topic: string): string | undefined {
  const page = pagesIn().find((name) => name === `${topic}.md` || name === topic);
  return page && readFileSync(pathOf(page), "utf8");
}

/** The text of `help topics`. */
export function topics(): string {
  const pages = pagesIn().map((page) => {
    const [, title = ""] = /^# (.*)$/m.exec(readFileSync(pathOf(page), "utf8")) ?? [];
    return [page.replace(/\.md$/, ""), title] as const;
  });
  const width = Math.max(...pages.map(([topic]) => topic.length));
  return [
    "Pages of the documentation; each is printed by `help TOPIC`. They are in",
    FOLDER,
    "",
    ...pages.map(([topic, title]) => `  ${topic.padEnd(width)}  ${title}`),
    "",
  ].join("\n");
}

/** None where an installation was stripped of its documentation. */
const pagesIn = (): readonly string[] =>
  (existsSync(FOLDER) ? readdirSync(FOLDER) : []).filter((name) => name.endsWith(".md")).toSorted();
