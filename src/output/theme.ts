/** Colors and symbols of a stream, and what the environment supports. */
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

/** Uses the sixteen basic colors, which follow the terminal's palette. */
export function createTheme(options: {
  readonly color: boolean;
  readonly unicode: boolean;
}): Theme {
  const { bold, dim, red, green, yellow, cyan } = new Chalk({ level: options.color ? 1 : 0 });
  return { symbols: options.unicode ? UNICODE : ASCII, bold, dim, red, green, yellow, cyan };
}

/** Whether colors may be used on a terminal: see https://no-color.org; dumb terminals have none. */
export function allowsColor(environment: Environment): boolean {
  return (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";
}

/** Whether live lines make sense: the terminal of a CI job is a log. */
export function allowsLiveLines(environment: Environment): boolean {
  const ci = (environment["CI"] ?? "").toLowerCase();
  return allowsColor(environment) && (ci === "" || ci === "false" || ci === "0");
}

/** Whether the locale is UTF-8. The Linux console supports it, but its font has no check marks. */
export function supportsUnicode(
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): boolean {
  if (platform === "win32")
    return Boolean(environment["WT_SESSION"] ?? environment["TERM_PROGRAM"]);
  if (environment["TERM"] === "linux") return false;
  // The first that is set applies, as in setlocale(3).
  const locale = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || "";
  return /utf-?8/i.test(locale);
}
