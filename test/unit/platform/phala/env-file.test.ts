import { expect, test } from "vitest";
import { ClusterError } from "../../../../src/errors/cluster-error.ts";
import { envFileText } from "../../../../src/platform/phala/env-file.ts";

const one = (value: string): string => envFileText([{ name: "A", value }]);

test.each([
  ["an AWS secret", 'wJal/r+X="q#z $HOME', `A='wJal/r+X="q#z $HOME'\n`],
  ["a single quote", "it's # here", "A=`it's # here`\n"],
  ["a single quote and a backtick", "it's `x` #", 'A="it\'s `x` #"\n'],
  ["all quotes", `a'b"c\``, `A=a'b"c\`\n`],
  ["a backslash at the end", "C:\\", "A=C:\\\n"],
  ["nothing", "", "A=''\n"],
])("%s is written so that it is read back", (_what, value, text) => {
  expect(one(value)).toBe(text);
});

test("the order of the names is kept: it is part of the compose hash", () => {
  const environment = ["Z", "A", "M"].map((name) => ({ name, value: "" }));
  expect(envFileText(environment)).toBe("Z=''\nA=''\nM=''\n");
});

test.each([
  ["a line break", "topsecret\nB=x"],
  ["a carriage return", "topsecret\r"],
  ["a NUL byte", "topsecret\0"],
  ["a backslash at its end", "topsecret#\\"],
  ["three kinds of quotes", "'topsecret\"`#"],
  ["double quotes would read \\n as a line break", "'`topsecret\\n#"],
])("%s is refused, naming the variable and not the value", (_what, value) => {
  expect(() => one(value)).toThrow(ClusterError);
  expect(() => one(value)).toThrow(/variable A /);
  expect(() => one(value)).not.toThrow(/topsecret/);
});

test.each(["", "1A", "A-B", "A=B", "A B", "Ä", "__proto__"])("the name %j is refused", (name) => {
  expect(() => envFileText([{ name, value: "x" }])).toThrow(ClusterError);
});

test("a name that is given twice is refused: the last one would win silently", () => {
  const twice = [
    { name: "A", value: "1" },
    { name: "A", value: "2" },
  ];
  expect(() => envFileText(twice)).toThrow(/A is given twice/);
});
