/** `yaml`, which reads each text once: thousands of histories have the same few. Nobody changes a document. */
import { parseDocument as read, type Document, type LineCounter, type ParseOptions } from "yaml";

export * from "yaml";

type Options = ParseOptions & { readonly lineCounter?: LineCounter };
type Read = { readonly document: Document; readonly lines: readonly number[] };

const MOST = 2_000;
const known = new Map<string, Read>();

export function parseDocument(text: string, options: Options = {}): Document {
  const { lineCounter, ...others } = options;
  const key = `${JSON.stringify(others)} ${lineCounter !== undefined} ${text}`;
  const found = known.get(key);
  if (found) {
    if (lineCounter) lineCounter.lineStarts = [...found.lines];
    return found.document;
  }
  const document = read(text, options);
  if (known.size >= MOST) known.clear();
  known.set(key, { document, lines: [...(lineCounter?.lineStarts ?? [])] });
  return document;
}
