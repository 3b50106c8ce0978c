/** What a failing history says to whoever has to find out; and how it is read back. */
import { PLAIN, QUIET, type Event, type Fault, type History, type Run } from "./history.ts";
import type { Played } from "./simulate.ts";

export function brokenPromises({ broken }: Pick<Played, "broken">): string[] {
  return [...new Set(broken.map(({ promise, what }) => `${promise}: ${what}`))];
}

export function renderHistory(seed: number, history: History, broken: readonly string[]): string {
  return [
    `✗ seed ${seed}`,
    ...broken.map((line) => `  ${line}`),
    `  npm run simulate -- --history '${JSON.stringify(shortHistory(history))}'`,
  ].join("\n");
}

type ShortRun = Partial<Omit<Run, "faults"> & { readonly faults: readonly Partial<Fault>[] }>;
type ShortEvent =
  | { readonly kind: "run"; readonly run: ShortRun }
  | (Omit<Extract<Event, { kind: "together" }>, "run" | "other"> & {
      readonly run: ShortRun;
      readonly other: ShortRun;
    })
  | Extract<Event, { kind: "deed" | "wait" }>;
/** Without what is as nobody would mention it. */
export type ShortHistory = {
  readonly platform?: Partial<History["platform"]>;
  readonly setUp?: boolean;
  readonly events: readonly ShortEvent[];
};

export function shortHistory({ platform, setUp, events }: History): ShortHistory {
  const odd = without(platform, QUIET);
  return {
    ...(setUp && { setUp }),
    ...(Object.keys(odd).length > 0 && { platform: odd }),
    events: events.map((event): ShortEvent => {
      if (event.kind === "run") return { kind: "run", run: shortRun(event.run) };
      if (event.kind !== "together") return event;
      return { ...event, run: shortRun(event.run), other: shortRun(event.other) };
    }),
  };
}

/** @param text a history, or a short one. */
export function readHistory(text: string): History {
  const { platform, setUp = false, events } = JSON.parse(text) as ShortHistory;
  return {
    platform: { ...QUIET, ...platform },
    setUp,
    events: events.map((event): Event => {
      if (event.kind === "run") return { kind: "run", run: wholeRun(event.run) };
      if (event.kind !== "together") return event;
      return { ...event, run: wholeRun(event.run), other: wholeRun(event.other) };
    }),
  };
}

const NO_FAULT = { nth: 0, times: 1 } as const;
const wholeRun = (run: ShortRun): Run => ({
  ...PLAIN,
  ...run,
  faults: (run.faults ?? []).map((fault) => ({ ...NO_FAULT, ...fault }) as Fault),
});

function shortRun({ faults, ...run }: Run): ShortRun {
  const { faults: _, ...plain } = PLAIN;
  const odd = without(run, plain);
  if (faults.length === 0) return odd;
  return { ...odd, faults: faults.map((fault) => without<Partial<Fault>>(fault, NO_FAULT)) };
}

function without<T extends object>(given: T, usual: T): Partial<T> {
  const odd = Object.entries(given).filter(([key, value]) => value !== usual[key as keyof T]);
  return Object.fromEntries(odd) as Partial<T>;
}
