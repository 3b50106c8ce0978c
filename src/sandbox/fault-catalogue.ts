/** The faults by name. docs/sandbox.md has this table; a test holds it against this one. */
import type { Behaviour, Fault, FaultAction } from "./faults.ts";

type Place = { readonly method?: string; readonly path?: string };
type Effect = FaultAction | { readonly behaviour: Partial<Behaviour> };

/** What follows the equals sign: its default, how it is checked, and what it makes of the fault. */
type Valued = {
  readonly kind: "duration" | "number" | "text";
  readonly fallback: string;
  readonly effect: (value: string) => Effect;
};

export type CatalogueEntry = {
  readonly summary: string;
  /** Absent: nothing may follow the name. */
  readonly value?: Pick<Valued, "kind" | "fallback">;
  readonly effect: (value: string) => Effect;
  /** Where and how often an action strikes unless the text says otherwise; absent: everywhere, always. */
  readonly place?: Place & { readonly times?: number };
  /** Further ones that belong to it. */
  readonly also?: readonly Fault[];
};

const valued =
  <T>(kind: Valued["kind"], parse: (text: string) => T) =>
  (fallback: string, effect: (value: T) => Effect): Valued => ({
    kind,
    fallback,
    effect: (text) => effect(parse(text)),
  });
const ms = valued("duration", durationOf);
const number = valued("number", Number);
const anyText = valued("text", String);

function fault(
  summary: string,
  what: Effect | Valued,
  place?: CatalogueEntry["place"],
  also?: CatalogueEntry["also"],
): CatalogueEntry {
  const { effect, ...value } = "effect" in what ? what : { effect: () => what };
  return {
    summary,
    effect,
    ...("kind" in value && { value }),
    ...(place && { place }),
    ...(also && { also }),
  };
}

const behaves = (behaviour: Partial<Behaviour>): Effect => ({ behaviour });

const GET: Place = { method: "GET" };
const CREATE = { method: "POST", path: "/cvms$" };
const UPDATE = { method: "PATCH", path: "/cvms/[^/]+(/envs)?$" };
const PROVISION: Place = { method: "POST", path: "/provision$" };
const COMPOSE_FILE: Place = { method: "GET", path: "/compose_file$" };
const OPERATIONS: Place = { method: "GET", path: "/operations$" };
const CVM: Place = { method: "GET", path: "/cvms/(?!paginated$)[^/]+$" };
const BUSY = { detail: "Another operation is in progress for this CVM" };
const NOT_FOUND: FaultAction = { kind: "status", status: 404, body: { detail: "Not Found" } };
const WRONG_HASH: FaultAction = { kind: "lie", fields: { compose_hash: "f".repeat(64) } };

export const FAULT_CATALOGUE: Readonly<Record<string, CatalogueEntry>> = {
  delay: fault(
    "the answer takes that long",
    ms("2s", (value) => ({ kind: "delay", ms: value })),
  ),
  status: fault(
    "nothing is done, the answer is that HTTP status",
    number("500", (value) => ({ kind: "status", status: value })),
  ),
  "reset-before": fault("the connection breaks before anything is done", { kind: "reset-before" }),
  "reset-after": fault("the work is done, then the connection breaks", { kind: "reset-after" }),
  hang: fault("no answer, ever", { kind: "hang" }),
  "half-json": fault("half of the answer arrives", { kind: "half-json" }),
  html: fault("a web page with status 200 arrives in place of the answer", { kind: "html" }),
  huge: fault(
    "the answer is padded to that many bytes",
    number("31000000", (value) => ({ kind: "huge", bytes: value })),
    GET,
  ),
  "huge-error": fault(
    "HTTP 500 with a body of that many bytes",
    number("20000000", (value) => ({ kind: "huge", bytes: value, status: 500 })),
    GET,
  ),
  "gzip-bomb": fault(
    "the answer is gzip that unpacks to that many bytes",
    number("1000000000", (value) => ({ kind: "gzip-bomb", bytes: value })),
    GET,
  ),
  drip: fault(
    "the answer comes one byte at a time, so far apart",
    ms("1s", (value) => ({ kind: "drip", everyMs: value })),
    GET,
  ),
  redirect: fault(
    "302 to that host, nothing is done",
    anyText("http://localhost:9", (value) => ({ kind: "redirect", status: 302, to: value })),
  ),
  "redirect-permanently": fault(
    "301 to that host, nothing is done",
    anyText("http://localhost:9", (value) => ({ kind: "redirect", status: 301, to: value })),
  ),
  masked: fault(
    "the work is done, and the answer is an error with that status, in JSON (`403 page`: as a page)",
    anyText("401", (value) => ({ kind: "masked", as: value })),
    { ...CREATE, times: 1 },
  ),
  busy: fault(
    "409: another operation is in progress",
    { kind: "status", status: 409, body: BUSY },
    { method: "POST|PATCH|DELETE", times: 1 },
  ),
  "rate-limited": fault(
    "429 with `Retry-After` in seconds",
    number("1", (value) => ({
      kind: "status",
      status: 429,
      body: { detail: "Too Many Requests" },
      retryAfter: value,
    })),
    { times: 1 },
  ),
  "late-visible": fault(
    "a created CVM is missing from lists and name look-ups that long; by id it is there",
    ms("8s", (value) => behaves({ visibleAfterMs: value })),
  ),
  "slow-deletion": fault(
    "a deleted CVM is reported as being deleted that long",
    ms("20s", (value) => behaves({ deletionMs: value })),
  ),
  "stale-lists": fault(
    "a CVM that is gone stays in the lists that long, as it was",
    ms("20s", (value) => behaves({ listedAfterDeletionMs: value })),
  ),
  "lost-create": fault(
    "a create works, the connection breaks, and the CVM appears that much later",
    ms("5s", (value) => ({ kind: "lost-create", ms: value })),
    { ...CREATE, times: 1 },
  ),
  "repeated-create": fault(
    "a load balancer repeats the create: the answer is the 409 for our own CVM",
    { kind: "repeat" },
    { ...CREATE, times: 1 },
  ),
  "repeated-update": fault(
    "a load balancer repeats the update: the answer is the 409 for our own operation",
    { kind: "repeat" },
    { ...UPDATE, times: 1 },
  ),
  replica: fault(
    "a create makes two CVMs of one name and app_id",
    { kind: "replicate" },
    { ...CREATE, times: 1 },
  ),
  "operation-ends": fault(
    "an update is accepted, its operation ends as that word (`timed_out`, `aborted`, `rejected`, `rolled_back`, `cancelled`, ...), nothing changes",
    anyText("timed_out", (value) => ({ kind: "operation", ends: value, applied: false })),
    { ...UPDATE, times: 1 },
  ),
  "operation-word": fault(
    "an update works, and its operation ends as that word, which nobody knows",
    anyText("settled", (value) => ({ kind: "operation", ends: value, applied: true })),
    UPDATE,
  ),
  "operation-stuck": fault(
    "an update is accepted, and its operation never completes",
    { kind: "operation", ends: "never", applied: false },
    { ...UPDATE, times: 1 },
  ),
  "operation-missing": fault(
    "an update is accepted, and never becomes an operation",
    { kind: "operation", ends: "missing", applied: false },
    { ...UPDATE, times: 1 },
  ),
  "no-operations": fault("`/operations` answers 404", NOT_FOUND, OPERATIONS),
  "no-compose-file": fault(
    "`/compose_file` and `/attestation` answer 404, and the API gives a wrong compose hash",
    NOT_FOUND,
    { method: "GET", path: "/(compose_file|attestation)$" },
    [{ ...CVM, action: WRONG_HASH }],
  ),
  "wrong-hash": fault("the API gives a wrong compose hash for every CVM", WRONG_HASH, CVM),
  "no-allowed-envs": fault(
    "`/compose_file` has no `allowed_envs`",
    { kind: "without", fields: ["allowed_envs"] },
    COMPOSE_FILE,
  ),
  "no-instance-types": fault(
    "`/instance-types` fails with 500",
    { kind: "status", status: 500 },
    { method: "GET", path: "/instance-types" },
  ),
  "ambiguous-ids": fault(
    "an app_id or name that several CVMs have is refused with 409",
    behaves({ ambiguousIds: true }),
  ),
  "null-name": fault(
    "the lists have a CVM of somebody else whose name is null",
    behaves({ nullNamed: true }),
  ),
  "small-pages": fault(
    "a page has that many items at most",
    number("2", (value) => behaves({ pageLimit: value })),
  ),
  "page-shift": fault(
    "between two pages that many items slip past",
    number("1", (value) => behaves({ pageShift: value })),
  ),
  "zoneless-times": fault("timestamps have no zone", behaves({ zonelessTimestamps: true })),
  "clock-skew": fault(
    "the server's `Date` and timestamps are that far ahead (`-2h`: behind)",
    ms("2h", (value) => behaves({ clockSkewMs: value })),
  ),
  "created-at": fault(
    "a CVM's `created_at` is reported (`=no`: it is not)",
    anyText("yes", (value) => behaves({ createdAt: value !== "no" })),
  ),
  "provision-expires": fault(
    "a provisioning is forgotten after that long",
    ms("1s", (value) => behaves({ provisionLifeMs: value })),
  ),
  "provision-disagrees": fault(
    "a provisioning gives another hash than the CVM has later",
    { kind: "wrong-provision" },
    PROVISION,
  ),
  "auth-warmup": fault(
    "a booted service answers 401 to signed requests that long",
    ms("30s", (value) => behaves({ authWarmupMs: value })),
  ),
  "open-registry": fault(
    "a registry without a coordinator's wallet takes hashes from everybody",
    behaves({ openRegistry: true }),
  ),
  "runners-elsewhere": fault(
    "runners that ask for no node land on another one than the registry",
    behaves({ runnersElsewhere: true }),
  ),
  uptime: fault(
    "a service's `/health` has `uptime_seconds` (`=no`: it has not)",
    anyText("yes", (value) => behaves({ uptimeSeconds: value !== "no" })),
  ),
};

export const DURATION = /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const UNITS = new Map(Object.entries({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }));

/** In ms. */
function durationOf(text: string): number {
  const [, amount = "0", unit = "s"] = DURATION.exec(text) ?? [];
  return Number(amount) * (UNITS.get(unit) ?? 1000);
}
