/** What PyYAML, which the orchestrator parses with, refuses and our parser does not. Pure. */
import { isScalar, visit } from "yaml";
import { lineOf, parseYaml } from "./document.ts";

/** yaml/reader.py, `NON_PRINTABLE`. */
const UNPRINTABLE = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

export function pyYamlProblems(
  text: string,
): readonly { readonly line: number; readonly message: string }[] {
  const character = UNPRINTABLE.exec(text);
  const tab = tabOutsideOfText(text);
  return [
    ...(character
      ? [{ line: lineOf(text, character.index), message: unprintable(character[0]) }]
      : []),
    ...(tab === undefined
      ? []
      : [{ line: lineOf(text, tab), message: "has a tab where PyYAML allows blanks only" }]),
  ];
}

const unprintable = (character: string): string =>
  `has the character U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}, which PyYAML refuses`;

/** Tabs are fine in comments, in quotes and in block scalars; its scanner takes them for the start of a token elsewhere. */
function tabOutsideOfText(text: string): number | undefined {
  if (!text.includes("\t")) return undefined;
  const masked = [...maskedRanges(text)].reduce(
    (rest, [start, end]) =>
      rest.slice(0, start) + rest.slice(start, end).replaceAll(/[^\n]/g, "x") + rest.slice(end),
    text,
  );
  const lines = masked.split("\n");
  let offset = 0;
  for (const line of lines) {
    // A comment begins the line or follows a blank.
    const comment = /(?:^|[ \t])#/.exec(line);
    const at = line
      .slice(0, comment ? comment.index + comment[0].length - 1 : line.length)
      .indexOf("\t");
    if (at !== -1) return offset + at;
    offset += line.length + 1;
  }
  return undefined;
}

function maskedRanges(text: string): readonly (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  visit(parseYaml(text), (_, node) => {
    if (isScalar(node) && node.range && node.type !== undefined && node.type !== "PLAIN")
      ranges.push([node.range[0], node.range[1]]);
  });
  return ranges;
}
