/** What docker compose refuses in the text itself: keys, types, interpolation; and line ends. */
import { closest } from "../../lib/closest.ts";
import { invalidInterpolation } from "../interpolation.ts";
import { shapeProblems, type ShapeProblem } from "../shape.ts";
import { leavesOf } from "../tree.ts";
import type { Problem, RuleContext } from "./context.ts";

export function text(context: RuleContext): readonly Problem[] {
  return [...shape(context), ...interpolation(context), ...lineEnds(context)];
}

const shape = ({ resolved }: RuleContext): readonly Problem[] =>
  shapeProblems(resolved.root).map((problem) => {
    const { line, service, message } = problem;
    return { code: "compose-invalid", line, service, message, remedy: shapeRemedy(problem) };
  });

function shapeRemedy({ message, unknown }: ShapeProblem): string {
  if (unknown) {
    const suggestion = closest(unknown.key, unknown.known);
    const instead = suggestion ? `did you mean \`${suggestion}\`? Else take` : "take";
    return `${instead} it out, or name it \`x-${unknown.key}\``;
  }
  if (message.endsWith("has no value")) return "give it a value, or take the key out";
  return "write it as docker compose takes it: https://docs.docker.com/reference/compose-file/services/";
}

function interpolation({ compose }: RuleContext): readonly Problem[] {
  return leavesOf(compose.root).flatMap(({ path, node }) => {
    const invalid = typeof node.value === "string" ? invalidInterpolation(node.value) : undefined;
    if (invalid === undefined) return [];
    const [shown = ""] = invalid.split("\n");
    return {
      code: "interpolation-invalid",
      line: node.line,
      service: path[0] === "services" ? path[1] : undefined,
      message: `docker compose can't read \`${shown.slice(0, 40)}\` as a variable and refuses the file`,
      remedy:
        "write ${NAME}, where a name has letters, digits and _ only; write $$ for a dollar sign",
    };
  });
}

function lineEnds({ compose }: RuleContext): readonly Problem[] {
  const what = [
    ...(compose.text.startsWith("\ufeff") ? ["a byte order mark"] : []),
    ...(compose.text.includes("\r\n") ? ["CRLF line ends"] : []),
  ];
  if (what.length === 0) return [];
  const message = `the file has ${what.join(" and ")}: another checkout of it may not, and then has another compose hash`;
  const remedy =
    "save it as UTF-8 with LF line ends, and keep it so: `*.yml text eol=lf` in .gitattributes";
  return [{ code: "line-ends", message, remedy }];
}
