/**
 * The shell blocks of a Markdown page, and what comments before them say about running them:
 * `<!-- not run: WHY -->`, `<!-- exit: CODE -->`, `<!-- own shell -->`, `<!-- about a cluster -->` that is set up, and
 * `<!-- first: COMMANDS -->`, which a reader has done already.
 */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

const ROOT = path.join(import.meta.dirname, "../..");

export type Block = {
  readonly page: string;
  readonly line: number;
  readonly script: string;
  /** Why it can't be run here. */
  readonly notRun?: string | undefined;
  readonly first?: string | undefined;
  /** Of the last command. */
  readonly exit: number;
  /** It is a script of its own, which may end its shell. */
  readonly ownShell: boolean;
  readonly aboutCluster: boolean;
};

/** README.md, then docs/*.md in alphabetical order. */
export async function pages(): Promise<readonly string[]> {
  const names = await readdir(path.join(ROOT, "docs"));
  return [
    "README.md",
    ...names
      .filter((name) => name.endsWith(".md"))
      .toSorted()
      .map((name) => `docs/${name}`),
  ];
}

export async function blocksOf(page: string): Promise<readonly Block[]> {
  const text = await readFile(path.join(ROOT, page), "utf8");
  const found = text.matchAll(/((?:^<!--(?:[^-]|-(?!->))*-->\s*\n+)*)^```sh\n(.*?)^```/gms);
  return [...found].map(([, comments = "", script = ""], at) => {
    const said = (key: string): string | undefined =>
      new RegExp(`<!-- ${key}: (.*?) -->`, "s").exec(comments)?.[1]?.replaceAll(/\s+/g, " ");
    return {
      page,
      line: text.slice(0, nth(text, "```sh\n", at)).split("\n").length,
      script,
      notRun: said("not run"),
      first: said("first"),
      exit: Number(said("exit") ?? 0),
      ownShell: comments.includes("<!-- own shell -->"),
      aboutCluster: comments.includes("<!-- about a cluster -->"),
    };
  });
}

/** Where the text begins for the nth time, from 0. */
function nth(text: string, part: string, count: number): number {
  let at = text.indexOf(part);
  for (let seen = 0; seen < count; seen += 1) at = text.indexOf(part, at + 1);
  return at;
}
