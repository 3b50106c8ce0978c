/** Timestamps of servers. */

const ISO =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(\.\d{1,3})?\d*)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;

/**
 * A server's timestamp as ISO 8601 in UTC (`2026-11-27T10:00:00.000Z`); null if it is invalid. Without a zone it is UTC,
 * never local time. Numbers are seconds or milliseconds since the epoch.
 */
export function utcTimestamp(value: string | number | null | undefined): string | null {
  if (value === null || value === undefined || value === "") return null;
  const ms = typeof value === "number" ? epochMs(value) : parseUtc(value.trim());
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : null;
}

/** The year 5138 in seconds is 1973 in milliseconds. */
const epochMs = (value: number): number => (Math.abs(value) < 1e11 ? value * 1000 : value);

function parseUtc(text: string): number {
  const [, date = "", time = "00:00", seconds = ":00", fraction = "", zone = "Z"] =
    ISO.exec(text) ?? [];
  if (date === "") return /\b(?:GMT|UTC)$/.test(text) ? Date.parse(text) : Number.NaN;
  const sign = /^([+-]\d\d):?(\d\d)?$/.exec(zone);
  const offset = sign === null ? "Z" : `${sign[1]}:${sign[2] ?? "00"}`;
  return Date.parse(`${date}T${time}${seconds}${fraction}${offset}`);
}
