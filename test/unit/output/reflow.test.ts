import { expect, test } from "vitest";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { reflow } from "../../../src/output/reflow.ts";

const shown = (text: string, columns = 40): string => `\n${reflow(text, columns)}`;

test("lines break between words, and go on below the text that they belong to", () => {
  expect(shown("short enough")).toBe("\nshort enough");
  expect(shown("the registry answers, and says that it runs in another mode")).toBe(`
the registry answers, and says that it
runs in another mode`);
  expect(shown("  Approved  one hash that is known, and another one that is not")).toBe(`
  Approved  one hash that is known, and
            another one that is not`);
  expect(shown("  ! a warning that has too many words for one line")).toBe(`
  ! a warning that has too many words
    for one line`);
  expect(shown("a\nthe second of the lines that is much too long for it")).toBe(`
a
the second of the lines that is much too
long for it`);
});

test("a longer word stays whole; colours take no room", () => {
  const hash = "ab".repeat(32);
  expect(shown(`approved: ${hash} and more`)).toBe(`\napproved:\n${hash}\nand more`);
  expect(shown(`  Approved  ${hash}`)).toBe(`\n  Approved  ${hash}`);
  const red = "\u001b[31mall of this is red and fits in 40 cells\u001b[39m";
  expect(shown(red)).toBe(`\n${red}`);
});

test("a word that fits only further left is not broken below its label", () => {
  const appId = "0123456789".repeat(3);
  expect(shown(`✔ [3/10] Deploy  a-registry, ${appId}`)).toBe(`
✔ [3/10] Deploy  a-registry,
  ${appId}`);
});

test("a command that is broken can be pasted", () => {
  const text =
    "to go back: tee-cluster rotate-hash --rollback --reason 'it did not work at all' --sandbox; then look";
  expect(shown(text)).toBe(`
to go back: tee-cluster rotate-hash \\
  --rollback --reason \\
  'it did not work at all' --sandbox;
then look`);
  expect(shown("what tee-cluster needs of a machine, and what it does without")).not.toContain(
    "\\",
  );
});

test("a command with room in a line of its own is not broken; its sign of going on has room, too", () => {
  expect(shown("then run it again: tee-cluster init --sandbox; it resumes")).toBe(`
then run it again:
tee-cluster init --sandbox; it resumes`);
  expect(shown("again: node bin/tee-cluster.js init --sandbox --yes", 25)).toBe(`
again: node \\
  bin/tee-cluster.js \\
  init --sandbox --yes`);
  expect(shown("again: node bin/tee-cluster.js init --sandbox", 12)).toContain("again:\nnode \\\n");
  expect(shown("  Explain  node bin/tee-cluster.js explain some-code-or-other")).toBe(`
  Explain  node bin/tee-cluster.js \\
             explain some-code-or-other`);
});

test("a remark in parentheses is no part of a command, but one in quotes is", () => {
  expect(shown("in progress: tee-cluster rotate-hash (pid 8713 on a-machine)")).not.toContain("\\");
  expect(shown("now: tee-cluster rotate-hash --reason 'because (so it was)'")).toContain(" \\\n");
});

test("a comment behind a command stays a comment", () => {
  expect(shown("    tee-cluster status --json   # its whole hash, for rotate-hash --keep")).toBe(`
    tee-cluster status --json
      # its whole hash, for rotate-hash
      # --keep`);
  expect(shown("prose with  # a sign of numbers in it, and much more")).not.toContain("\n  #");
});

test.each(COMMANDS.map(({ name }) => name))("every command is known as one: %s", (name) => {
  expect(shown(`look: tee-cluster ${name} --one-flag --another-flag --a-third-one`)).toMatch(
    / \\\n/,
  );
});
