/** Errors of requests without a usable answer, one code per cause. */

export type NetworkCause =
  | "dns-failed"
  | "connection-refused"
  | "network-unreachable"
  | "request-timed-out"
  | "connection-lost"
  | "tls-untrusted"
  | "tls-failed"
  | "ca-file-invalid"
  | "proxy-failed"
  | "proxy-auth-required"
  | "answer-too-large"
  | "answer-malformed";

/** None of these suggests another API key. */
const HINTS: Readonly<Record<NetworkCause, string>> = {
  "dns-failed": "check the host name, the network connection and the DNS server",
  "connection-refused": "check the host and the port, and whether a firewall is in between",
  "network-unreachable": "check the network connection, and the VPN where one is needed",
  "request-timed-out": "check the network connection; run the same command again",
  "connection-lost": "run the same command again; check the network connection if it happens again",
  "tls-untrusted":
    "where a proxy or firewall inspects TLS, put its CA certificate (PEM) into a file and name that with NODE_EXTRA_CA_CERTS",
  "tls-failed":
    "check that the URL is right, that the clock is right, and whether a proxy is in between",
  "ca-file-invalid": "point the variable to a readable file of PEM certificates, or unset it",
  "proxy-failed": "check HTTPS_PROXY and HTTP_PROXY; exempt a host with NO_PROXY",
  "proxy-auth-required":
    "put the proxy's user name and password into its URL: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT",
  "answer-too-large": "check that the URL is right: what answered does not behave like the service",
  "answer-malformed":
    "check that the URL is right: what answered does not speak HTTP as the service does",
};

export class NetworkError extends Error {
  readonly code: NetworkCause;
  readonly hint: string;

  constructor(code: NetworkCause, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "NetworkError";
    this.code = code;
    this.hint = HINTS[code];
  }
}

const CAUSES: readonly (readonly [RegExp, NetworkCause])[] = [
  [/^(?:ENOTFOUND|EAI_\w+|ENODATA|ESERVFAIL)$/, "dns-failed"],
  [/^ECONNREFUSED$/, "connection-refused"],
  [
    /^(?:ENETUNREACH|EHOSTUNREACH|ENETDOWN|EHOSTDOWN|EADDRNOTAVAIL|EACCES|EPERM)$/,
    "network-unreachable",
  ],
  [/^ETIMEDOUT$/, "request-timed-out"],
  [
    /^(?:UNABLE_TO_\w+|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_UNTRUSTED|INVALID_CA)$/,
    "tls-untrusted",
  ],
  [/^(?:CERT_\w+|CRL_\w+|ERR_TLS_\w+|ERR_SSL_\w+|EPROTO|HOSTNAME_MISMATCH)$/, "tls-failed"],
  [/^(?:HPE_\w+|Z_\w+|ERR_BUFFER_TOO_LARGE|ERR__ERROR_FORMAT\w+)$/, "answer-malformed"],
];

/** Converts an error of a socket, a TLS connection or an HTTP parser. `peer`: host and port. */
export function toNetworkError(error: unknown, peer: string): NetworkError {
  if (error instanceof NetworkError) return error;
  const code = codeOf(error);
  const cause = CAUSES.find(([pattern]) => pattern.test(code))?.[1] ?? "connection-lost";
  return new NetworkError(cause, `${peer}: ${textOf(error, code)}`, error);
}

/** The same for the connection to a proxy: the error must name the proxy. */
export function toProxyError(error: unknown, proxy: string): NetworkError {
  if (error instanceof NetworkError && error.code !== "connection-lost") return error;
  return new NetworkError("proxy-failed", `proxy ${proxy}: ${textOf(error, codeOf(error))}`, error);
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && !hasCode(error)) return codeOf(error.errors[0]);
  return hasCode(error) ? error.code : "";
}

const hasCode = (error: unknown): error is { code: string } =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string";

/** Node's message, without OpenSSL's file names and line numbers. */
function textOf(error: unknown, code: string): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const message = inner instanceof Error ? inner.message : String(inner);
  const openssl = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/i.exec(message)?.[1];
  const text = openssl ?? (message === "" ? code : message);
  return code === "" || text.includes(code) ? text : `${text} (${code})`;
}
