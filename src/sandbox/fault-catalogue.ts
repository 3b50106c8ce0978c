/** The faults by name. docs/sandbox.md describes each. */
import type { Behaviour, Fault, FaultAction } from "./faults.ts";

type Place = { readonly method?: string; readonly path?: string; readonly times?: number };
type Effect = FaultAction | { readonly behaviour: Partial<Behaviour> };

/** The value after the equals sign: its default, and how it is checked. */
type Value = { readonly kind: "duration" | "number" | "text"; readonly fallback: string };

export type CatalogueEntry = {
  /** Absent: the name takes no value. */
  readonly value?: Value;
  readonly effect: (value: string) => Effect;
  /** Where and how often an action applies by default; empty: everywhere, always. */
  readonly place?: Place;
  /** Further faults that belong to it. */
  readonly also?: readonly Fault[];
};

const takes =
  <T>(kind: Value["kind"], parse: (text: string) => T) =>
  (fallback: string, effect: (value: T) => Effect, place: Place = {}): CatalogueEntry => ({
    value: { kind, fallback },
    effect: (text) => effect(parse(text)),
    place,
  });
const ms = takes("duration", durationOf);
const number = takes("number", Number);
const anyText = takes("text", String);

const plain = (effect: Effect, place: Place = {}, also: readonly Fault[] = []): CatalogueEntry => ({
  effect: () => effect,
  place,
  also,
});
const behaves = (behaviour: Partial<Behaviour>): CatalogueEntry => plain({ behaviour });

const GET: Place = { method: "GET" };
const CREATE: Place = { method: "POST", path: "/cvms$", times: 1 };
const UPDATES: Place = { method: "PATCH", path: "/cvms/[^/]+(/envs)?$" };
const UPDATE: Place = { ...UPDATES, times: 1 };
const CVM: Place = { method: "GET", path: "/cvms/(?!paginated$)[^/]+$" };
const reads = (path: string): Place => ({ method: "GET", path });
const WRONG_HASH: FaultAction = { kind: "lie", fields: { compose_hash: "f".repeat(64) } };
const status = (code: number, detail: string, retryAfter?: number): FaultAction => ({
  kind: "status",
  status: code,
  body: { detail },
  retryAfter,
});
const NOT_FOUND = status(404, "Not Found");
const BUSY = status(409, "Another operation is in progress for this CVM");

export const FAULT_CATALOGUE: Readonly<Record<string, CatalogueEntry>> = {
  delay: ms("2s", (value) => ({ kind: "delay", ms: value })),
  status: number("500", (value) => ({ kind: "status", status: value })),
  "reset-before": plain({ kind: "reset-before" }),
  "reset-after": plain({ kind: "reset-after" }),
  hang: plain({ kind: "hang" }),
  "half-json": plain({ kind: "half-json" }),
  html: plain({ kind: "html" }),
  huge: number("31000000", (bytes) => ({ kind: "huge", bytes }), GET),
  "huge-error": number("20000000", (bytes) => ({ kind: "huge", bytes, status: 500 }), GET),
  "gzip-bomb": number("1000000000", (bytes) => ({ kind: "gzip-bomb", bytes }), GET),
  drip: ms("1s", (everyMs) => ({ kind: "drip", everyMs }), GET),
  redirect: anyText("http://localhost:9", (to) => ({ kind: "redirect", status: 302, to })),
  "redirect-permanently": anyText("http://localhost:9", (to) => ({
    kind: "redirect",
    status: 301,
    to,
  })),
  masked: anyText("401", (as) => ({ kind: "masked", as }), CREATE),
  busy: plain(BUSY, { method: "POST|PATCH|DELETE", times: 1 }),
  "rate-limited": number("1", (retryAfter) => status(429, "Too Many Requests", retryAfter), {
    times: 1,
  }),
  "late-visible": ms("8s", (visibleAfterMs) => ({ behaviour: { visibleAfterMs } })),
  "slow-deletion": ms("20s", (deletionMs) => ({ behaviour: { deletionMs } })),
  "stale-lists": ms("20s", (value) => ({ behaviour: { listedAfterDeletionMs: value } })),
  "lost-create": ms("5s", (value) => ({ kind: "lost-create", ms: value }), CREATE),
  "repeated-create": plain({ kind: "repeat" }, CREATE),
  "repeated-update": plain({ kind: "repeat" }, UPDATE),
  replica: plain({ kind: "replicate" }, CREATE),
  "operation-ends": anyText(
    "timed_out",
    (ends) => ({ kind: "operation", ends, applied: false }),
    UPDATE,
  ),
  "operation-word": anyText(
    "settled",
    (ends) => ({ kind: "operation", ends, applied: true }),
    UPDATES,
  ),
  "operation-stuck": plain({ kind: "operation", ends: "never", applied: false }, UPDATE),
  "operation-missing": plain({ kind: "operation", ends: "missing", applied: false }, UPDATE),
  "no-operations": plain(NOT_FOUND, reads("/operations$")),
  "no-compose-file": plain(NOT_FOUND, reads("/(compose_file|attestation)$"), [
    { ...CVM, action: WRONG_HASH },
  ]),
  "wrong-hash": plain(WRONG_HASH, CVM),
  "no-allowed-envs": plain({ kind: "without", fields: ["allowed_envs"] }, reads("/compose_file$")),
  "no-instance-types": plain({ kind: "status", status: 500 }, reads("/instance-types")),
  "ambiguous-ids": behaves({ ambiguousIds: true }),
  "null-name": behaves({ nullNamed: true }),
  "small-pages": number("2", (pageLimit) => ({ behaviour: { pageLimit } })),
  "page-shift": number("1", (pageShift) => ({ behaviour: { pageShift } })),
  "zoneless-times": behaves({ zonelessTimestamps: true }),
  "clock-skew": ms("2h", (clockSkewMs) => ({ behaviour: { clockSkewMs } })),
  "created-at": anyText("yes", (value) => ({ behaviour: { createdAt: value !== "no" } })),
  "provision-expires": ms("1s", (provisionLifeMs) => ({ behaviour: { provisionLifeMs } })),
  "provision-disagrees": plain(
    { kind: "wrong-provision" },
    { method: "POST", path: "/provision$" },
  ),
  "auth-warmup": ms("30s", (authWarmupMs) => ({ behaviour: { authWarmupMs } })),
  "open-registry": behaves({ openRegistry: true }),
  "runners-elsewhere": behaves({ runnersElsewhere: true }),
  uptime: anyText("yes", (value) => ({ behaviour: { uptimeSeconds: value !== "no" } })),
};

export const DURATION = /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const UNITS = new Map(Object.entries({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }));

/** In ms. */
function durationOf(text: string): number {
  const [, amount = "0", unit = "s"] = DURATION.exec(text) ?? [];
  return Number(amount) * (UNITS.get(unit) ?? 1000);
}
