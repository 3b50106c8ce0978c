// What a terminal shows, for the recordings.

/**
 * @param {import("@xterm/headless").IBuffer} buffer
 * @returns {string[]} its lines, as they were before the terminal wrapped them
 */
export function linesOf(buffer) {
  const lines = [];
  for (let index = 0; index < buffer.length; index += 1) {
    const line = buffer.getLine(index);
    const text = line.translateToString(false);
    if (line.isWrapped) lines.push(`${lines.pop() ?? ""}${text}`);
    else lines.push(text);
  }
  const trimmed = lines.map((line) => line.trimEnd());
  return trimmed.slice(0, trimmed.findLastIndex((line) => line !== "") + 1);
}
