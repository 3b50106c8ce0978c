/** The help texts of all commands, at the usual width. */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { pathOf } from "../../../src/cli/docs-pages.ts";
import { inWidth } from "../../../src/cli/help.ts";
import { addDefinition } from "../../../src/cli/options.ts";
import type { AnyCommand } from "../../../src/commands/shared/command.ts";
import { definitionsOf } from "../../../src/inputs/table.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

const NOTES = `
A cluster is identified by
the names of its CVMs.

  a list   stays
  as it    is`;

test("notes are broken between words where the terminal is narrower than they are", () => {
  expect(inWidth(NOTES, 80)).toBe(NOTES);
  expect(inWidth(NOTES)).toBe(NOTES);
  expect(inWidth(NOTES, 20)).toBe(`
A cluster is
identified by the
names of its CVMs.

  a list   stays
  as it    is`);
});

describe.each(COMMANDS.map((definition) => [definition.name, definition] as const))(
  "%s",
  (_name, definition) => {
    const short = helpOf(definition, "--help");
    const command = addedTo(new Command(), definition);
    const flags = command.options.flatMap(({ long }) => long ?? []);
    const hasMore = command.options.some(({ long, hidden }) => long === "--help-all" && !hidden);

    test("--help fits two screens and says where more is", () => {
      expect(short.trimEnd().split("\n").length).toBeLessThanOrEqual(68);
      expect(short).toContain(`\nDocumentation: ${pathOf(definition.page)}\n`);
      expect(existsSync(path.join(ROOT, "docs", definition.page))).toBe(true);
      const more = `\nWhat they do: tee-cluster ${definition.name} --help-all\n`;
      expect(short.includes(more)).toBe(hasMore);
    });

    test("--help-all lists every option, and --help names what it does not list", () => {
      const whole = listedIn(helpOf(definition, "--help-all"));
      const named = flags.filter((flag) => hasMore || flag !== "--help-all");
      expect(named.filter((flag) => !whole.includes(flag))).toEqual([]);
      const left = flags.filter((flag) => flag !== "--help-all" && !listedIn(short).includes(flag));
      const [, told = ""] = MORE.exec(short) ?? [];
      expect(told.match(/--[\w-]+/g) ?? []).toEqual(left);
    });

    test("notes fit 80 columns", () => {
      const lines = (definition.notes ?? "").split("\n");
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    });

    test("what is required comes first", () => {
      const required = definitionsOf(definition.required ?? []).map(({ flag }) => `--${flag}`);
      expect(listedIn(short).slice(0, required.length)).toEqual(required);
      expect(short.includes("\nRequired:\n")).toBe(required.length > 0);
    });
  },
);

/** With a text of their own: not those that are only named. */
const listedIn = (help: string): readonly string[] =>
  [...help.replace(MORE, "").matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag = ""]) => flag);
const MORE = /^More options:\n([^]*?)\nWhat/m;

function addedTo(command: Command, definition: AnyCommand): Command {
  addDefinition(command.name(definition.name).exitOverride(), definition);
  return command;
}

function helpOf(definition: AnyCommand, flag: string): string {
  let text = "";
  const command = addedTo(new Command(), definition);
  command.configureOutput({ writeOut: (part) => (text += part) });
  expect(() => command.parse([flag], { from: "user" })).toThrow("(outputHelp)");
  return text;
}
