/** Which trials there are: every point of a command's run, and every fault that can strike there. */
import { faultsAt, POINT_KINDS, type PointKind } from "./faults.ts";
import { makePhalaStand } from "./phala-stand.ts";
import { startInPipe } from "./program-run.ts";
import { scenarioOf } from "./scenarios.ts";
import { withoutIds, type Trial } from "./trial.ts";

/** The points of one undisturbed run, in their order. */
export type Baseline = {
  readonly command: string;
  readonly points: Readonly<Record<PointKind, readonly string[]>>;
};

/**
 * A run is not the same every time: checks run side by side, polls come when they come. So one point more is tried
 * than the undisturbed run had; what a run does not reach is not counted as survived.
 */
const MORE_POINTS = 1;

/** Runs the command undisturbed. */
export async function measure(command: string): Promise<Baseline> {
  const requests: string[] = [];
  const phalaRequests: string[] = [];
  const scenario = scenarioOf(command);
  const { world } = await scenario.open({
    onRequest: ({ method, path: where }) => {
      const label = `${method} ${withoutIds(where)}`;
      requests.push(label);
      if (stand.atWork().length > 0) phalaRequests.push(label);
    },
  });
  const stand = await makePhalaStand(world.base);
  try {
    const { exitCode, stdout } = await startInPipe(world, scenario.args, { PHALA_BIN: stand.bin })
      .ended;
    if (exitCode !== 0) throw new Error(`${command} does not even run undisturbed: ${stdout}`);
    const starts = stand.starts().map(({ args }) => `phala ${withoutIds(args)}`);
    return {
      command,
      points: { request: requests, "phala-request": phalaRequests, start: starts, run: [] },
    };
  } finally {
    await world.close();
  }
}

/** Every trial of a command. */
export function trialsOf({ command, points }: Baseline): Trial[] {
  return POINT_KINDS.flatMap((at) =>
    Array.from({ length: points[at].length + MORE_POINTS }, (_, index) => index + 1).flatMap(
      (point) => faultsAt(at).map((fault) => ({ command, fault, at, point })),
    ),
  );
}

/** `count` of the items, the same ones for the same seed. */
export function sample<T>(items: readonly T[], count: number, seed: number): T[] {
  const random = randomNumbers(seed);
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed
    .toSorted((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ item }) => item);
}

/** mulberry32: 32 bits of state, good enough to draw lots. @returns numbers from 0 to 1. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
