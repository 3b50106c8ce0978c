/** Undefined for what is not JSON (no JSON text stands for that). No error: that of JSON.parse quotes the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
