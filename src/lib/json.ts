/** Undefined for invalid JSON. It does not throw, because the error of JSON.parse quotes the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
