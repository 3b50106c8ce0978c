/** The faults by name. docs/sandbox.md has this table; a test holds it against this one. */
import { durationOf } from "./fault-duration.ts";
import type { CatalogueEntry, Place } from "./fault-entry.ts";
import type { FaultAction } from "./faults.ts";

const ANYWHERE: Place = {};
const CREATE: Place = { method: "POST", path: "/cvms$" };
const UPDATE: Place = {
  method: "PATCH",
  path: "/cvms/[^/]+(/envs|/compose_file|/docker-compose)?$",
};
const PROVISION: Place = { method: "POST", path: "/provision$" };
const COMPOSE_FILE: Place = { method: "GET", path: "/compose_file$" };
const CVM: Place = { method: "GET", path: "/cvms/(?!paginated$)[^/]+$" };
const BUSY = { detail: "Another operation is in progress for this CVM" };
const NOT_FOUND = { detail: "Not Found" };
const WRONG_HASH = "f".repeat(64);

const status = (code: number, body?: unknown, retryAfter?: number): FaultAction => ({
  kind: "status",
  status: code,
  ...(body === undefined ? {} : { body }),
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

export const FAULT_CATALOGUE: Readonly<Record<string, CatalogueEntry>> = {
  delay: {
    summary: "the answer takes that long",
    value: { kind: "duration", fallback: "2s" },
    at: ANYWHERE,
    action: (value) => ({ kind: "delay", ms: durationOf(value) }),
  },
  status: {
    summary: "nothing is done, the answer is that HTTP status",
    value: { kind: "number", fallback: "500" },
    at: ANYWHERE,
    action: (value) => status(Number(value)),
  },
  "reset-before": {
    summary: "the connection breaks before anything is done",
    at: ANYWHERE,
    action: () => ({ kind: "reset-before" }),
  },
  "reset-after": {
    summary: "the work is done, then the connection breaks",
    at: ANYWHERE,
    action: () => ({ kind: "reset-after" }),
  },
  hang: { summary: "no answer, ever", at: ANYWHERE, action: () => ({ kind: "hang" }) },
  "half-json": {
    summary: "half of the answer arrives",
    at: ANYWHERE,
    action: () => ({ kind: "half-json" }),
  },
  html: {
    summary: "a web page with status 200 arrives in place of the answer",
    at: ANYWHERE,
    action: () => ({ kind: "html" }),
  },
  huge: {
    summary: "the answer is padded to that many bytes",
    value: { kind: "number", fallback: "31000000" },
    at: { method: "GET" },
    action: (value) => ({ kind: "huge", bytes: Number(value) }),
  },
  "huge-error": {
    summary: "HTTP 500 with a body of that many bytes",
    value: { kind: "number", fallback: "20000000" },
    at: { method: "GET" },
    action: (value) => ({ kind: "huge", bytes: Number(value), status: 500 }),
  },
  "gzip-bomb": {
    summary: "the answer is gzip that unpacks to that many bytes",
    value: { kind: "number", fallback: "1000000000" },
    at: { method: "GET" },
    action: (value) => ({ kind: "gzip-bomb", bytes: Number(value) }),
  },
  drip: {
    summary: "the answer comes one byte at a time, so far apart",
    value: { kind: "duration", fallback: "1s" },
    at: { method: "GET" },
    action: (value) => ({ kind: "drip", everyMs: durationOf(value) }),
  },
  redirect: {
    summary: "302 to that host, nothing is done",
    value: { kind: "text", fallback: "http://localhost:9" },
    at: ANYWHERE,
    action: (value) => ({ kind: "redirect", status: 302, to: value }),
  },
  "redirect-permanently": {
    summary: "301 to that host, nothing is done",
    value: { kind: "text", fallback: "http://localhost:9" },
    at: ANYWHERE,
    action: (value) => ({ kind: "redirect", status: 301, to: value }),
  },
  busy: {
    summary: "409: another operation is in progress",
    at: { method: "POST|PATCH|DELETE" },
    times: 1,
    action: () => status(409, BUSY),
  },
  "rate-limited": {
    summary: "429 with `Retry-After` in seconds",
    value: { kind: "number", fallback: "1" },
    at: ANYWHERE,
    times: 1,
    action: (value) => status(429, { detail: "Too Many Requests" }, Number(value)),
  },
  "late-visible": {
    summary: "a created CVM is missing from lists and name look-ups that long; by id it is there",
    value: { kind: "duration", fallback: "8s" },
    behaviour: (value) => ({ visibleAfterMs: durationOf(value) }),
  },
  "slow-deletion": {
    summary: "a deleted CVM is reported as being deleted that long",
    value: { kind: "duration", fallback: "20s" },
    behaviour: (value) => ({ deletionMs: durationOf(value) }),
  },
  "stale-lists": {
    summary: "a CVM that is gone stays in the lists that long, as it was",
    value: { kind: "duration", fallback: "20s" },
    behaviour: (value) => ({ listedAfterDeletionMs: durationOf(value) }),
  },
  "lost-create": {
    summary: "a create works, the connection breaks, and the CVM appears that much later",
    value: { kind: "duration", fallback: "5s" },
    at: CREATE,
    times: 1,
    action: (value) => ({ kind: "lost-create", ms: durationOf(value) }),
  },
  "repeated-create": {
    summary: "a load balancer repeats the create: the answer is the 409 for our own CVM",
    at: CREATE,
    times: 1,
    action: () => ({ kind: "repeat" }),
  },
  "repeated-update": {
    summary: "a load balancer repeats the update: the answer is the 409 for our own operation",
    at: UPDATE,
    times: 1,
    action: () => ({ kind: "repeat" }),
  },
  replica: {
    summary: "a create makes two CVMs of one name and app_id",
    at: CREATE,
    times: 1,
    action: () => ({ kind: "replicate" }),
  },
  "operation-ends": {
    summary:
      "an update is accepted, its operation ends as that word (`timed_out`, `aborted`, `rejected`, `rolled_back`, `cancelled`, ...), nothing changes",
    value: { kind: "text", fallback: "timed_out" },
    at: UPDATE,
    times: 1,
    action: (value) => ({ kind: "operation", ends: value, applied: false }),
  },
  "operation-word": {
    summary: "an update works, and its operation ends as that word, which nobody knows",
    value: { kind: "text", fallback: "settled" },
    at: UPDATE,
    action: (value) => ({ kind: "operation", ends: value, applied: true }),
  },
  "operation-stuck": {
    summary: "an update is accepted, and its operation never completes",
    at: UPDATE,
    times: 1,
    action: () => ({ kind: "operation", ends: "never", applied: false }),
  },
  "operation-missing": {
    summary: "an update is accepted, and never becomes an operation",
    at: UPDATE,
    times: 1,
    action: () => ({ kind: "operation", ends: "missing", applied: false }),
  },
  "no-operations": {
    summary: "`/operations` answers 404",
    at: { method: "GET", path: "/operations$" },
    action: () => status(404, NOT_FOUND),
  },
  "no-compose-file": {
    summary:
      "`/compose_file` and `/attestation` answer 404, and the API gives a wrong compose hash",
    at: { method: "GET", path: "/(compose_file|attestation)$" },
    action: () => status(404, NOT_FOUND),
    also: [{ ...CVM, action: { kind: "lie", fields: { compose_hash: WRONG_HASH } } }],
  },
  "wrong-hash": {
    summary: "the API gives a wrong compose hash for every CVM",
    at: CVM,
    action: () => ({ kind: "lie", fields: { compose_hash: WRONG_HASH } }),
  },
  "no-allowed-envs": {
    summary: "`/compose_file` has no `allowed_envs`",
    at: COMPOSE_FILE,
    action: () => ({ kind: "without", fields: ["allowed_envs"] }),
  },
  "no-instance-types": {
    summary: "`/instance-types` fails with 500",
    at: { method: "GET", path: "/instance-types" },
    action: () => status(500),
  },
  "ambiguous-ids": {
    summary: "an app_id or name that several CVMs have is refused with 409",
    behaviour: () => ({ ambiguousIds: true }),
  },
  "null-name": {
    summary: "the lists have a CVM of somebody else whose name is null",
    behaviour: () => ({ nullNamed: true }),
  },
  "small-pages": {
    summary: "a page has that many items at most",
    value: { kind: "number", fallback: "2" },
    behaviour: (value) => ({ pageLimit: Number(value) }),
  },
  "page-shift": {
    summary: "between two pages that many items slip past",
    value: { kind: "number", fallback: "1" },
    behaviour: (value) => ({ pageShift: Number(value) }),
  },
  "zoneless-times": {
    summary: "timestamps have no zone",
    behaviour: () => ({ zonelessTimestamps: true }),
  },
  "clock-skew": {
    summary: "the server's `Date` and timestamps are that far ahead (`-2h`: behind)",
    value: { kind: "duration", fallback: "2h" },
    behaviour: (value) => ({ clockSkewMs: durationOf(value) }),
  },
  "created-at": {
    summary: "a CVM's `created_at` is reported (`=no`: it is not)",
    value: { kind: "text", fallback: "yes" },
    behaviour: (value) => ({ createdAt: value !== "no" }),
  },
  "provision-expires": {
    summary: "a provisioning is forgotten after that long",
    value: { kind: "duration", fallback: "1s" },
    behaviour: (value) => ({ provisionLifeMs: durationOf(value) }),
  },
  "provision-disagrees": {
    summary: "a provisioning gives another hash than the CVM has later",
    at: PROVISION,
    action: () => ({ kind: "wrong-provision" }),
  },
  "auth-warmup": {
    summary: "a booted service answers 401 to signed requests that long",
    value: { kind: "duration", fallback: "30s" },
    behaviour: (value) => ({ authWarmupMs: durationOf(value) }),
  },
  "open-registry": {
    summary: "a registry without a coordinator's wallet takes hashes from everybody",
    behaviour: () => ({ openRegistry: true }),
  },
  "runners-elsewhere": {
    summary: "runners that ask for no node land on another one than the registry",
    behaviour: () => ({ runnersElsewhere: true }),
  },
  uptime: {
    summary: "a service's `/health` has `uptime_seconds` (`=no`: it has not)",
    value: { kind: "text", fallback: "yes" },
    behaviour: (value) => ({ uptimeSeconds: value !== "no" }),
  },
};
