/** Errors of requests to Phala's API: one code per cause, each with a hint. */
import type { Code, KindOf } from "../../errors/catalogue.ts";
import { ClusterError, messageOf } from "../../errors/cluster-error.ts";
import { NetworkError } from "../net/network-error.ts";
import { describeApiError } from "./api-error.ts";

const WAY = "check PHALA_API_URL, and whether a proxy, firewall or captive portal is in between";

/** Phala's API failed, or sent an unexpected answer. */
export function platformError(message: string): ClusterError {
  return apiError(
    "api-failed",
    message,
    "in a moment, run the same command again; --verbose shows every request",
  );
}

/** A request without an answer. */
export function unreachable(error: unknown): ClusterError {
  // An invalid proxy variable.
  if (error instanceof ClusterError) return error;
  if (!(error instanceof NetworkError)) return platformError(messageOf(error));
  return apiError(error.code, error.message, error.hint);
}

/** An error answer. `isJson`: only JSON is from the API. */
export function refusedAnswer(answer: {
  readonly status: number;
  readonly text: string;
  readonly isJson: boolean;
  readonly location: string | undefined;
}): ClusterError {
  const { status, text, isJson, location } = answer;
  const reason = describeApiError(status, text);
  if (status >= 300 && status < 400) return redirected(reason, location);
  if (status === 407) {
    const hint =
      "put the proxy's user name and password into its URL: HTTP_PROXY=http://USER:PASSWORD@HOST:PORT";
    return apiError(
      "proxy-auth-required",
      `a proxy asks for a user name and password: ${reason}`,
      hint,
    );
  }
  if (status === 511) return webPage(reason);
  if (status >= 465 && status <= 468) return onChainKms(reason);
  if ((status === 401 || status === 403) && isJson) return accessDenied(reason);
  return status < 500 && !isJson ? webPage(`${reason}, and not JSON`) : platformError(reason);
}

/** Something else answered instead of the API: a captive portal, a proxy, a web site at a wrong URL. */
export function webPage(reason: string): ClusterError {
  return apiError("not-the-api", `something else answered: ${reason}`, WAY);
}

function redirected(reason: string, location: string | undefined): ClusterError {
  // The rest of the URL may be confidential.
  const to =
    location !== undefined && URL.canParse(location) ? ` to ${new URL(location).origin}` : "";
  return apiError("api-redirected", `${reason} redirects${to}; the key is not sent there`, WAY);
}

function onChainKms(reason: string): ClusterError {
  const hint =
    "use a workspace with Phala's own KMS (kms_type phala); on-chain KMS is not supported";
  const message = `Phala's API: on-chain KMS is not supported: ${reason}`;
  return new ClusterError("prerequisite", "onchain-kms-unsupported", { message, hint });
}

function accessDenied(reason: string): ClusterError {
  return new ClusterError("prerequisite", "api-key-refused", {
    message: `Phala's API refused the key: ${reason}`,
    hint: "put a valid key into PHALA_API_KEY (https://cloud.phala.com/dashboard, API tokens)",
  });
}

type ApiCode = { [C in Code]: "platform" extends KindOf<C> ? C : never }[Code];

function apiError(code: ApiCode, message: string, hint: string): ClusterError {
  return new ClusterError("platform", code, { message: `Phala's API: ${message}`, hint });
}

/** Whether retrying can't help. */
export const isFinal = ({ kind }: ClusterError): boolean =>
  kind === "prerequisite" || kind === "input" || kind === "verification";
