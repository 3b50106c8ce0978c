/** Questions in narrow terminals: broken between words, and short once they are answered. */
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { questionTheme, shortChoices } from "../../../src/inputs/question-theme.ts";

const KEY = "AWS access key ID (for the registry's access to the encrypted models on S3)";

const asked = (text: string, columns: number, after?: string): string =>
  stripVTControlCharacters(questionTheme(columns, after).style.message(text, "idle"));

test("a question is broken between words, with room for what Enter answers", () => {
  expect(asked(KEY, 100)).toBe(KEY);
  expect(asked(KEY, 60)).toBe(
    "AWS access key ID (for the registry's access to the\n  encrypted models on S3)",
  );
  // inquirer adds a blank and ` (eu-west-1)`.
  expect(asked("AWS region (S3 region)", 38, "eu-west-1")).toBe("AWS region (S3 region)");
  expect(asked("AWS region (S3 region)", 30, "eu-west-1")).toBe("AWS region (S3 region)\n ");
});

test("an answered question is its name and the answer, on a line of its own where it has to be", () => {
  const { style } = questionTheme(40);
  const done = (text: string, answer: string): string =>
    stripVTControlCharacters(`${style.message(text, "done")} ${style.answer(answer)}`);
  expect(done(KEY, "AKIAEXAMPLE")).toBe("AWS access key ID AKIAEXAMPLE");
  expect(done(KEY, "AKIAEXAMPLE000000000000")).toBe(
    "AWS access key ID \n  AKIAEXAMPLE000000000000",
  );
  expect(done("Deploy it (for $0.116 an hour)?", "Yes")).toBe(
    "Deploy it (for $0.116 an hour)? Yes",
  );
});

test("what is wrong with an answer is broken between words", () => {
  const { style } = questionTheme(20);
  expect(stripVTControlCharacters(style.error("is not a region of AWS"))).toBe(
    "> is not a region of\n  AWS",
  );
});

test("a choice is one line, and keeps its name for the answer", () => {
  const [cut, short] = shortChoices(
    [
      { name: "compose.registry.yml", value: 1 },
      { name: "v2, the released", short: "v2", value: 2 },
    ],
    20,
  );
  expect(cut).toEqual({ name: "compose.registry…", short: "compose.registry.yml", value: 1 });
  expect(short).toEqual({ name: "v2, the released", short: "v2", value: 2 });
});
