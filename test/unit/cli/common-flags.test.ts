/** The flags that scripts say to every command, against the command tree. */
import { expect, test } from "vitest";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { allCommands, createProgram, nameOf } from "../../../src/cli/program.ts";

const COMMON = ["--dry-run", "--yes", "--json", "--quiet", "--verbose", "--no-color"];
/** A flag that promises to change nothing is not passed over where something would be started all the same. */
const WITHOUT = ["sandbox --dry-run"];
/** The commands that check something. */
const STRICT = ["init", "rotate-hash", "status", "doctor", "hash"];

const program = createProgram("0.0.0", async () => undefined);

function flagsOf(name: string): readonly string[] {
  const command = allCommands(program).find((one) => nameOf(one) === name);
  return (command?.options ?? []).flatMap(({ long }) => long ?? []);
}

test.each(COMMANDS.map(({ name }) => name))("%s takes them", (name) => {
  const missing = COMMON.filter((flag) => !flagsOf(name).includes(flag)).map(
    (flag) => `${name} ${flag}`,
  );
  expect(missing).toEqual(WITHOUT.filter((line) => line.startsWith(`${name} `)));
});

test("--strict is taken where it has an effect", () => {
  const strict = COMMANDS.filter(({ name }) => flagsOf(name).includes("--strict"));
  expect(strict.map(({ name }) => name)).toEqual(STRICT);
});
