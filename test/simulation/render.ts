/** What a failing history says to whoever has to find out. */
import type { History } from "./history.ts";
import type { Played } from "./simulate.ts";

export function brokenPromises({ broken }: Pick<Played, "broken">): string[] {
  return [...new Set(broken.map(({ promise, what }) => `${promise}: ${what}`))];
}

export function renderHistory(seed: number, history: History, broken: readonly string[]): string {
  return [
    `✗ seed ${seed}`,
    ...broken.map((line) => `  ${line}`),
    `  npm run simulate -- --history '${JSON.stringify(history)}'`,
  ].join("\n");
}
