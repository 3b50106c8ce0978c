/**
 * The outcome of a run of the CLI, from the gate's traffic. Its output and exit code only explain why no request was
 * made, and are checked for a success without a request.
 */
import type {
  AcceptedUpdate,
  ApiError,
  CreatedCvm,
  MutationOutcome,
  Provisioned,
  RefusalReason,
  Refused,
  Unclear,
} from "../../../core/ports.ts";
import { renderApiError } from "../api-error.ts";
import { outcomeOf, anySuccess, type CliRun } from "../cli-output.ts";
import { acceptedOf, createdOf } from "./answers.ts";
import { isSuccess, type Answered, type Exchange, type Result, type Withheld } from "./exchange.ts";
import type { Traffic } from "./gate.ts";

export const createOutcome =
  (name: string) =>
  (traffic: Traffic, run: CliRun): MutationOutcome<CreatedCvm> =>
    settled(traffic, run, ({ json }) =>
      found(traffic.provisioned && createdOf(json, name, traffic.provisioned)),
    );

export function updateOutcome(traffic: Traffic, run: CliRun): MutationOutcome<AcceptedUpdate> {
  return settled(traffic, run, ({ json }) => found(acceptedOf(json)));
}

/** The API answers 204, or 2xx with JSON. */
export function deleteOutcome(traffic: Traffic, run: CliRun): MutationOutcome<void> {
  return settled(traffic, run, ({ json, text }) =>
    text === "" || acceptedOf(json) !== undefined ? { value: undefined } : undefined,
  );
}

export function provisionOutcome(traffic: Traffic, run: CliRun): MutationOutcome<Provisioned> {
  const { provisioned } = traffic;
  const provisionings = traffic.exchanges.filter(({ role }) => role === "provision");
  // A withheld answer is a failure, even if the provisioning succeeded.
  const isHeld = provisionings.some(({ result }) => result.kind === "withheld");
  if (provisioned !== undefined && !isHeld) return { kind: "ok", value: provisioned };
  return notMade(provisionings, run);
}

type Value<T> = { readonly value: T };
const found = <T>(value: T | undefined): Value<T> | undefined =>
  value === undefined ? undefined : { value };

function settled<T>(
  traffic: Traffic,
  run: CliRun,
  valueOf: (answer: Answered) => Value<T> | undefined,
): MutationOutcome<T> {
  const { exchanges, provisioned = null } = traffic;
  const commit = exchanges.find(
    ({ role, result }) => role === "commit" && result.kind !== "withheld",
  );
  if (commit === undefined)
    return claimsSuccess(run) ? unseenSuccess(provisioned) : notMade(exchanges, run);
  const { result } = commit;
  if (result.kind === "answered" && isSuccess(result)) {
    const value = valueOf(result);
    if (value !== undefined) return { kind: "ok", ...value };
    const what =
      typeof result.json === "object" ? "another document than expected" : "no JSON document";
    return unclear(commit, `HTTP ${result.status} with ${what}`, provisioned);
  }
  if (mayHaveHappened(result)) return unclear(commit, describe(result), provisioned);
  const conflict = refusedBy(commit);
  // If a load balancer repeats a create, the refusal is caused by the first request, which used up a name, a quota or
  // the provisioning.
  const mayBeRepeated = provisioned !== null && result.kind === "answered";
  return mayBeRepeated ? { ...unclear(commit, conflict.message, provisioned), conflict } : conflict;
}

/** 5xx, 408, and answers of intermediaries: the work may have been done. */
function mayHaveHappened(result: Result): boolean {
  if (result.kind === "failed") return result.sent;
  if (result.kind !== "answered") return false;
  return result.status >= 500 || result.status === 408 || !isRefusal(result);
}

/** With these an intermediary answers instead of forwarding the request: redirects, proxy login, rate limits. */
const NOT_PASSED_ON: ReadonlySet<number> = new Set([301, 307, 308, 407, 429]);

/** All other statuses need an error in the API's format to mean that nothing was done. */
function isRefusal({ status, error }: Answered): boolean {
  if (NOT_PASSED_ON.has(status)) return true;
  return status >= 400 && error !== null && (error.code !== null || error.message !== "");
}

function unclear(
  { method, path }: Exchange,
  what: string,
  provisioned: Provisioned | null,
): Unclear {
  return {
    kind: "unclear",
    message: `${method} ${path}: ${what}`,
    provisioned,
    committed: true,
    conflict: null,
  };
}

function unseenSuccess(provisioned: Provisioned | null): Unclear {
  const message = "phala reports a success, but did not ask the API for it";
  return { kind: "unclear", message, provisioned, committed: false, conflict: null };
}

const claimsSuccess = (run: CliRun): boolean => outcomeOf(run, anySuccess).kind === "ok";

/** No mutation was forwarded: explained by the last request that did not succeed, else by the CLI's output. */
function notMade(exchanges: readonly Exchange[], run: CliRun): Refused {
  const withheld = exchanges.findLast(({ result }) => result.kind === "withheld");
  const failed = exchanges.findLast(
    ({ result }) => !(result.kind === "answered" && isSuccess(result)),
  );
  const decisive = withheld ?? failed;
  const isStopped = decisive?.result.kind === "withheld" && decisive.result.reason === "stopped";
  if (decisive !== undefined && !(isStopped && run.cutOff !== undefined))
    return refusedBy(decisive);
  const explanation = outcomeOf(run, anySuccess);
  const said =
    explanation.kind === "ok" ? "phala made no request that changes anything" : explanation.message;
  const isSilent =
    exchanges.length === 0 && explanation.kind === "unclear" && run.cutOff === undefined;
  const unreached = isSilent ? "; it asked the API for nothing" : "";
  return refused(`${said}${unreached}`, run.cutOff === undefined ? "other" : "stopped");
}

/** Refused by something other than the API. */
export const refused = (message: string, reason: RefusalReason): Refused => ({
  kind: "refused",
  message,
  reason,
  apiError: null,
  retryAfterMs: null,
});

function refusedBy({ method, path, result }: Exchange): Refused {
  if (result.kind === "withheld") return refused(result.message, WITHHELD[result.reason]);
  const what = describe(result);
  if (result.kind === "failed") return refused(`${method} ${path}: ${what}`, "unreachable");
  const { error, retryAfterMs } = result;
  const reason = error === null ? "other" : reasonOf(error);
  return { ...refused(what, reason), apiError: error, retryAfterMs };
}

const WITHHELD: Record<Withheld["reason"], RefusalReason> = {
  stopped: "stopped",
  "unexpected-request": "unexpected-request",
  unsupported: "unsupported",
  "provision-only": "other",
  hook: "other",
};

const NAME_TAKEN = /already (?:exists|taken|in use)|name\b.*\btaken/i;

/** ERR-01-004: the name is taken. Any other 409 is about an operation in progress. */
function reasonOf({ status, code, message }: ApiError): RefusalReason {
  if (status === 409 && (code === "ERR-01-004" || NAME_TAKEN.test(message))) return "name-taken";
  if (status === 409 || status === 429) return "busy";
  if (status === 404 || status === 410) return "not-found";
  if (status === 401 || status === 403) return "denied";
  if (status >= 300 && status < 400) return "redirected";
  return status >= 465 && status <= 468 ? "unsupported" : "other";
}

function describe(result: Result): string {
  if (result.kind !== "answered") return result.message;
  return result.error === null ? `HTTP ${result.status}` : renderApiError(result.error);
}
