/** Errors of Phala's API, parsed and rendered as one line. */
import * as z from "zod";
import type { ApiError } from "../../core/ports.ts";
import { parseJson } from "../../lib/json.ts";

const orNull = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

/** An optional list; a malformed one counts as empty. */
const listOf = <T>(item: z.ZodType<T>) =>
  z
    .array(item)
    .nullish()
    .catch(null)
    .transform((items) => items ?? []);

const structured = z
  .object({
    error_code: z.string(),
    message: z.string(),
    details: listOf(
      z.object({
        field: orNull,
        value: z.unknown().transform((value) => value ?? null),
        message: orNull,
      }),
    ),
    suggestions: listOf(z.string()),
    links: listOf(z.object({ url: z.string(), label: orNull })),
  })
  .transform(({ error_code: code, ...rest }) => ({ code, ...rest }));
const validation = z.array(
  z.looseObject({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string() }),
);
const body = z.union([
  structured,
  z
    .object({ detail: z.union([z.string(), structured, validation]) })
    .transform(({ detail }) => detail),
  z.object({ message: z.string() }).transform(({ message }) => message),
]);

const MAX_LENGTH = 400;

/** Parses an error answer. The message is empty if the body is not in an error format of the API. */
export function parseApiError(status: number, text: string): ApiError {
  const bare: ApiError = {
    status,
    code: null,
    message: "",
    details: [],
    suggestions: [],
    links: [],
  };
  const parsed = body.safeParse(parseJson(text));
  if (!parsed.success) return bare;
  const error = parsed.data;
  if (typeof error === "string") return { ...bare, message: error };
  if (!Array.isArray(error)) return { ...bare, ...error };
  const message = error.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; ");
  return { ...bare, message };
}

/** Describes an error answer: `HTTP 401 Unauthorized: Invalid API key`. */
export function describeApiError(status: number, text: string): string {
  return renderApiError(parseApiError(status, text));
}

/** In one line: status, code, message, details, suggestions, links. */
export function renderApiError({
  status,
  code,
  message,
  details,
  suggestions,
  links,
}: ApiError): string {
  const name = STATUS_NAMES[status];
  const prefix = name === undefined ? `HTTP ${status}` : `HTTP ${status} ${name}`;
  const parts = [
    [code, message].filter(Boolean).join(" "),
    // The message of a validation error (without a code) already contains them.
    ...(code === null ? [] : details.flatMap((detail) => detail.message ?? [])),
    ...suggestions,
    ...links.map(({ url, label }) => (label === null ? url : `${label}: ${url}`)),
  ].filter(Boolean);
  return parts.length === 0 ? prefix : `${prefix}: ${shorten(parts.join("; "))}`;
}

function shorten(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

const STATUS_NAMES: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  422: "Unprocessable",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
