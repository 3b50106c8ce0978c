/** The body of an answer, decoded and bounded, whatever it claims to be. */
import type { IncomingMessage } from "node:http";
import { createGunzip } from "node:zlib";
import { NetworkError } from "./network-error.ts";

/** A page of CVMs takes a tenth with it. */
export const acceptedEncodings = "gzip";

/** Of an error, more is not worth reading. */
const MAX_CUT_BYTES = 64 * 1024;

/**
 * Reads at most `limit` bytes of the decoded body.
 * @param options.cut return what was read so far where the body is longer than an error needs to be.
 * @throws NetworkError `answer-too-large`, `answer-malformed`; the stream's own error where it breaks.
 */
export async function readBody(
  response: IncomingMessage,
  { limit, cut }: { readonly limit: number; readonly cut: boolean },
): Promise<Buffer> {
  const most = cut ? Math.min(limit, MAX_CUT_BYTES) : limit;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoded(response)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= most) continue;
    response.destroy();
    if (cut) return Buffer.concat(chunks, most);
    throw new NetworkError("answer-too-large", `the answer is larger than ${limit} bytes`);
  }
  if (!response.complete) throw new Error("the connection was closed in the middle of the answer");
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size);
}

function decoded(response: IncomingMessage): AsyncIterable<Buffer> {
  const encoding = (response.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity" || encoding === "") return response;
  if (encoding !== "gzip" && encoding !== "x-gzip") {
    response.destroy();
    throw new NetworkError(
      "answer-malformed",
      `the answer has the unknown encoding ${JSON.stringify(encoding)}`,
    );
  }
  const gunzip = createGunzip();
  response.on("error", (error) => gunzip.destroy(error));
  response.on("aborted", () =>
    gunzip.destroy(new Error("the connection was closed in the middle of the answer")),
  );
  return response.pipe(gunzip);
}
