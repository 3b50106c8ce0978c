/** Durations as faults have them: `500ms`, `8s`, `-2h`. */

export const DURATION = /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** In ms. */
export function durationOf(text: string): number {
  const [, amount = "0", unit = "s"] = DURATION.exec(text) ?? [];
  return Number(amount) * (UNITS[unit] ?? 1000);
}
