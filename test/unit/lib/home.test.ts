import { expect, test } from "vitest";
import { homeFolder } from "../../../src/lib/home.ts";
import { defaultStateDir } from "../../../src/inputs/resolve.ts";

const none = (): string => {
  throw new Error("ENOENT");
};

test("HOME counts where it is not empty, else the passwd entry", () => {
  expect(homeFolder({ HOME: "/home/ann" }, none)).toBe("/home/ann");
  expect(homeFolder({ HOME: "" }, () => "/passwd")).toBe("/passwd");
  expect(homeFolder({}, () => "/passwd")).toBe("/passwd");
});

test("with neither the remedy is named, and the exit code is 3", () => {
  expect(() => homeFolder({ HOME: "" }, none)).toThrow(
    expect.objectContaining({
      kind: "prerequisite",
      code: "no-home",
      hint: expect.stringContaining("--state-dir"),
    }) as Error,
  );
});

test("the state directory needs no home where XDG_STATE_HOME is given", () => {
  expect(defaultStateDir({ XDG_STATE_HOME: "/state", HOME: "" })).toBe("/state/tee-cluster");
  expect(defaultStateDir({ HOME: "/home/ann" })).toBe("/home/ann/.local/state/tee-cluster");
});
