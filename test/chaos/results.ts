/** The results of trials on disk, one JSON document a line, so that a long run may be split. */
import { createHash } from "node:crypto";
import { appendFile, mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Baseline } from "./plan.ts";
import type { Trial, TrialReport } from "./trial.ts";

type Line = { readonly baseline: Baseline } | { readonly report: TrialReport };

export class Results {
  readonly file: string;
  readonly #baselines = new Map<string, Baseline>();
  readonly #reports = new Map<string, TrialReport>();

  private constructor(file: string) {
    this.file = file;
  }

  /** Reads what an earlier run left off with. */
  static async open(file: string): Promise<Results> {
    const results = new Results(file);
    await mkdir(path.dirname(file), { recursive: true });
    const text = await readFile(file, "utf8").catch(() => "");
    for (const line of text.split("\n").filter(Boolean)) results.#take(JSON.parse(line) as Line);
    return results;
  }

  baselineOf(command: string): Baseline | undefined {
    return this.#baselines.get(command);
  }

  reportOf(trial: Trial): TrialReport | undefined {
    return this.#reports.get(keyOf(trial));
  }

  /** The newest of each trial. */
  get reports(): readonly TrialReport[] {
    return [...this.#reports.values()];
  }

  async add(line: Line): Promise<void> {
    this.#take(line);
    await appendFile(this.file, `${JSON.stringify(line)}\n`);
  }

  #take(line: Line): void {
    if ("baseline" in line) this.#baselines.set(line.baseline.command, line.baseline);
    else this.#reports.set(keyOf(line.report), line.report);
  }
}

function keyOf({ command, fault, at, point }: Trial): string {
  return [command, fault, at, point].join(" ");
}

/** Names the program and the suite as they were built: results of others say nothing of these. */
export async function buildId(dist: string, suite: string): Promise<string> {
  const hash = createHash("sha256").update(await readFile(suite));
  for (const name of (await readdir(dist)).toSorted()) {
    if (name.endsWith(".js")) hash.update(await readFile(path.join(dist, name)));
  }
  return hash.digest("hex").slice(0, 12);
}
