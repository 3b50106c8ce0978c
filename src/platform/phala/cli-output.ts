/**
 * Parses the output of the `phala` CLI. Its JSON is mixed with other text, over several lines, on stdout for a success
 * and on stderr for a failure.
 */
import { stripVTControlCharacters } from "node:util";
import * as z from "zod";
import type { CliOutcome } from "../../core/ports.ts";
import { parseJson } from "../../lib/json.ts";

/** How a run of the CLI ended. */
export type CliRun = {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  /** What ended it from outside: a signal, our time limit, our abort. */
  readonly cutOff: string | undefined;
};

type JsonObject = Record<string, unknown>;
const jsonObject = z.record(z.string(), z.unknown());

/** phala's answers have a few hundred bytes, at the end of the output. */
const MAX_ANSWER_LENGTH = 128 * 1024;
/** Limits the search in text with many opening braces. */
const MAX_CANDIDATES = 500;

/** The last complete JSON object with a `success` field in mixed output, if any. */
export function findAnswer(output: string): JsonObject | undefined {
  const text = stripVTControlCharacters(output.slice(-MAX_ANSWER_LENGTH));
  const starts = [...text.matchAll(/\{\s*"/g)].map((match) => match.index).slice(-MAX_CANDIDATES);
  let found: JsonObject | undefined;
  let readUpTo = 0;
  for (const start of starts) {
    if (start < readUpTo) continue;
    const end = endOfObject(text, start);
    if (end === undefined) continue;
    const value = jsonObject.safeParse(parseJson(text.slice(start, end))).data;
    if (value) readUpTo = end;
    if (value && "success" in value) found = value;
  }
  return found;
}

/** The end of the object that begins at `start`; braces within strings don't count. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (inString && character === "\\") at += 1;
    else if (character === '"') inString = !inString;
    else if (!inString && character === "{") depth += 1;
    else if (!inString && character === "}") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

/** Exit code 0 is not success: SIGINT makes the CLI exit 0. Only a parsed `success: true` of the right shape is. */
export function outcomeOf<T>(run: CliRun, schema: z.ZodType<T>): CliOutcome<T> {
  if (run.cutOff !== undefined)
    return { kind: "unclear", message: `phala was ended: ${run.cutOff}` };
  const answer = findAnswer(run.stdout) ?? findAnswer(run.stderr);
  if (answer?.["success"] === true) {
    const parsed = schema.safeParse(answer);
    if (parsed.success && run.exitCode === 0) return { kind: "ok", value: parsed.data };
    return {
      kind: "unclear",
      message: `phala answered something else than expected: ${shorten(JSON.stringify(answer))}`,
    };
  }
  if (answer?.["success"] === false) return { kind: "refused", message: errorText(answer, run) };
  const said = shorten(stripVTControlCharacters(`${run.stderr}\n${run.stdout}`).trim());
  return {
    kind: "unclear",
    message: `phala ended with exit code ${run.exitCode} and no answer${said && `: ${said}`}`,
  };
}

const errorFields = z.looseObject({
  error: z.string().optional(),
  message: z.string().optional(),
  error_code: z.string().optional(),
  suggestions: z.array(z.string()).nullish(),
});

/** The CLI's JSON has only a sentence; it prints the API's structured error, with the code, on other lines. */
function errorText(answer: JsonObject, run: CliRun): string {
  const fields = errorFields.safeParse(answer);
  if (!fields.success) return shorten(JSON.stringify(answer));
  const { error, message, error_code: code, suggestions } = fields.data;
  const given = error ?? message;
  const sentence = [code ?? errorCodeIn(run), given ? explained(given) : "no reason given"]
    .filter(Boolean)
    .join(" ");
  return shorten([sentence, ...(suggestions ?? [])].join("; "));
}

/** Exceptions in phala's own code mean that it could not read an answer of the API. */
function explained(text: string): string {
  if (/^Cannot read propert|is not a function$|is not iterable|is undefined$/.test(text.trim()))
    return `phala could not read the API's answer (${text.trim()})`;
  const [issue] = schemaIssues.safeParse(parseJson(text)).data ?? [];
  if (issue === undefined) return text;
  const where = issue.path.join(".") || "the answer";
  return `phala could not read the API's answer (${where}: ${issue.message})`;
}

const schemaIssues = z.array(
  z.looseObject({ path: z.array(z.union([z.string(), z.number()])), message: z.string() }),
);

function errorCodeIn(run: CliRun): string | undefined {
  return /ERR-\d\d-\d\d\d/.exec(`${run.stderr}${run.stdout}`)?.[0];
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 500 ? `${line.slice(0, 500)}…` : line;
}

/** Any success: its details are known from the gate's traffic. */
export const anySuccess = z.object({ success: z.literal(true) }).transform(() => undefined);
export const loginAnswer = z
  .object({ username: z.string().min(1) })
  .transform(({ username }) => ({ username }));
