import { setTimeout as delay } from "node:timers/promises";

/** Waits until it holds; a minute at most. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 2400; attempt += 1) {
    if (await holds()) return;
    await delay(25);
  }
  throw new Error("it did not happen");
}
