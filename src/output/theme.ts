/** Colours and symbols of one stream, and what the environment allows. */
import { Chalk } from "chalk";

type Environment = Readonly<Record<string, string | undefined>>;
type Paint = (text: string) => string;

export type Symbols = {
  readonly done: string;
  readonly reused: string;
  readonly skipped: string;
  readonly failed: string;
  readonly warning: string;
  readonly note: string;
  readonly ellipsis: string;
  readonly spinner: readonly string[];
};

export type Theme = {
  readonly symbols: Symbols;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
};

const UNICODE: Symbols = {
  done: "✔",
  reused: "↻",
  skipped: "–",
  failed: "✖",
  warning: "!",
  note: "i",
  ellipsis: "…",
  spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
};

const ASCII: Symbols = {
  done: "+",
  reused: "=",
  skipped: "-",
  failed: "x",
  warning: "!",
  note: "i",
  ellipsis: "...",
  spinner: ["-", "\\", "|", "/"],
};

/** The sixteen basic colours, which follow the terminal's own palette; none at all with `color` false. */
export function createTheme(options: {
  readonly color: boolean;
  readonly unicode: boolean;
}): Theme {
  const { bold, dim, red, green, yellow, cyan } = new Chalk({ level: options.color ? 1 : 0 });
  return { symbols: options.unicode ? UNICODE : ASCII, bold, dim, red, green, yellow, cyan };
}

/** Whether colours may be used on a terminal: https://no-color.org, and terminals that can do nothing. */
export function allowsColor(environment: Environment): boolean {
  return (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";
}

/** Whether a terminal is worth a live line: a CI job's is a log that nobody looks at while it moves. */
export function allowsLiveLines(environment: Environment): boolean {
  const ci = (environment["CI"] ?? "").toLowerCase();
  return allowsColor(environment) && (ci === "" || ci === "false" || ci === "0");
}

/** Whether the locale says UTF-8. The Linux console takes UTF-8 but its font has no check marks. */
export function supportsUnicode(
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): boolean {
  if (platform === "win32")
    return Boolean(environment["WT_SESSION"] ?? environment["TERM_PROGRAM"]);
  if (environment["TERM"] === "linux") return false;
  // The first one that is set decides, as in setlocale(3).
  const locale = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || "";
  return /utf-?8/i.test(locale);
}
