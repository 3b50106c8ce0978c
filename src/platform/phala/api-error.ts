/** Phala's error bodies, as one line for people: code, message, suggestions. */
import { z } from "zod";

const structured = z.object({
  error_code: z.string(),
  message: z.string(),
  details: z.array(z.looseObject({ field: z.string().nullish(), message: z.string().nullish() })).nullish(),
  suggestions: z.array(z.string()).nullish(),
});
const validation = z.array(
  z.looseObject({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string() }),
);
const body = z.union([
  structured,
  z.object({ detail: z.union([z.string(), structured, validation]) }),
  z.object({ message: z.string() }),
]);

const LONGEST = 400;

/** Describes an answer that is no success: `401 Unauthorized: Invalid API key`. */
export function describeApiError(status: number, text: string): string {
  const name = STATUS_NAMES[status];
  const prefix = name === undefined ? `HTTP ${status}` : `HTTP ${status} ${name}`;
  const detail = detailOf(text);
  return detail === "" ? prefix : `${prefix}: ${detail}`;
}

function detailOf(text: string): string {
  const parsed = body.safeParse(parseJson(text));
  if (!parsed.success) return "";
  const error = "detail" in parsed.data ? parsed.data.detail : parsed.data;
  return shorten(describe(error));
}

function describe(
  error: string | z.infer<typeof structured> | z.infer<typeof validation> | { message: string },
): string {
  if (typeof error === "string") return error;
  if (Array.isArray(error)) return error.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; ");
  if (!("error_code" in error)) return error.message;
  const details = (error.details ?? []).flatMap((detail) => detail.message ?? []);
  const suggestions = error.suggestions ?? [];
  return [`${error.error_code} ${error.message}`, ...details, ...suggestions].join("; ");
}

function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
