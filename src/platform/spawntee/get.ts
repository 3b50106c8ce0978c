/** A GET to a CVM's service; a failed request is a result, too. */
import type { HttpAnswer, HttpClient, HttpRequest } from "../net/http.ts";
import { messageOf } from "../../errors/cluster-error.ts";

/** Health and capacity take a few hundred bytes. */
const LIMITS = { timeoutMs: 10_000, maxBytes: 64 * 1024 };

export type Silent = { readonly kind: "silent"; readonly detail: string };

/** @throws the signal's reason when aborted. */
export async function get(
  http: HttpClient,
  url: string,
  signal: AbortSignal,
  more: Pick<HttpRequest, "headers" | "maxBytes"> = {},
): Promise<HttpAnswer | Silent> {
  try {
    return await http.send({ method: "GET", url, ...LIMITS, ...more }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: "silent", detail: `no answer: ${messageOf(error)}` };
  }
}
