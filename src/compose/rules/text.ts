/** What docker compose makes of the text itself: keys, types, interpolation, references, line ends. */
import { closest } from "../../lib/closest.ts";
import type { ComposeFinding } from "../catalogue.ts";
import { invalidInterpolation } from "../interpolation.ts";
import { shapeProblems } from "../shape.ts";
import { leavesOf } from "../tree.ts";
import { found, type RuleContext } from "./context.ts";

export function textFindings(context: RuleContext): readonly ComposeFinding[] {
  return [...shape(context), ...interpolation(context), ...lineEnds(context)];
}

function shape(context: RuleContext): readonly ComposeFinding[] {
  return shapeProblems(context.resolved.root).map(({ line, service, message, unknown }) => {
    const suggestion = unknown && closest(unknown.key, unknown.known);
    const remedy = unknown
      ? `${suggestion ? `did you mean \`${suggestion}\`? Else take` : "take"} it out, or name it \`x-${unknown.key}\``
      : message.endsWith("has no value")
        ? "give it a value, or take the key out"
        : "write it as docker compose takes it: https://docs.docker.com/reference/compose-file/services/";
    return found(context, "compose-invalid", "error", { line, service }, { message, remedy });
  });
}

function interpolation(context: RuleContext): readonly ComposeFinding[] {
  return leavesOf(context.compose.root).flatMap(({ path, node }) => {
    const invalid = typeof node.value === "string" ? invalidInterpolation(node.value) : undefined;
    if (invalid === undefined) return [];
    const service = path[0] === "services" ? path[1] : undefined;
    const [text = ""] = invalid.split("\n");
    return found(
      context,
      "interpolation-invalid",
      "error",
      { line: node.line, service },
      {
        message: `docker compose can't read \`${text.slice(0, 40)}\` as a variable and refuses the file`,
        remedy:
          "write ${NAME}, where a name has letters, digits and _ only; write $$ for a dollar sign",
      },
    );
  });
}

function lineEnds(context: RuleContext): readonly ComposeFinding[] {
  const { text } = context.compose;
  const what = [
    ...(text.startsWith("\ufeff") ? ["a byte order mark"] : []),
    ...(text.includes("\r\n") ? ["CRLF line ends"] : []),
  ];
  if (what.length === 0) return [];
  return [
    found(
      context,
      "line-ends",
      "warning",
      {},
      {
        message: `the file has ${what.join(" and ")}: another checkout of it may not, and then has another compose hash`,
        remedy:
          "save it as UTF-8 with LF line ends, and keep it so: `*.yml text eol=lf` in .gitattributes",
      },
    ),
  ];
}
