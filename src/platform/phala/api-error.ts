/** Phala's error answers: parsed in full, and as one line for people. */
import * as z from "zod";
import type { ApiError } from "../../core/ports.ts";
import { parseJson } from "../../lib/json.ts";

const structured = z.object({
  error_code: z.string(),
  message: z.string(),
  details: z
    .array(
      z.looseObject({
        field: z.string().nullish(),
        value: z.unknown(),
        message: z.string().nullish(),
      }),
    )
    .nullish()
    .catch(null),
  suggestions: z.array(z.string()).nullish().catch(null),
  links: z
    .array(z.looseObject({ url: z.string(), label: z.string().nullish() }))
    .nullish()
    .catch(null),
});
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

/** An error answer in full. The message is empty where the body is no error document of the API. */
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
  if (Array.isArray(error)) {
    const details = error.map(({ loc, msg }) => ({
      field: loc.join("."),
      value: null,
      message: msg,
    }));
    return { ...bare, message: details.map((d) => `${d.field}: ${d.message}`).join("; ") };
  }
  return {
    status,
    code: error.error_code,
    message: error.message,
    details: (error.details ?? []).map(({ field = null, value = null, message = null }) => ({
      field,
      value,
      message,
    })),
    suggestions: error.suggestions ?? [],
    links: (error.links ?? []).map(({ url, label = null }) => ({ url, label })),
  };
}

/** Describes an answer that is no success: `HTTP 401 Unauthorized: Invalid API key`. */
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
    // The message of a validation error (no code) has them already.
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
