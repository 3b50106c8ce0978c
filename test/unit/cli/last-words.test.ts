import { expect, test } from "vitest";
import { acknowledgement, cleanUpCommand, messageAtTheEnd } from "../../../src/cli/last-words.ts";
import { Cancellation, ClusterError, Interruption } from "../../../src/errors/cluster-error.ts";

const made = (touched: boolean, ...names: string[]) => ({
  touched,
  approving: false,
  leftBehind: () => names.map((name) => ({ name, app_id: null })),
  metBefore: () => [],
});

test.each([
  ["SIGTERM", false, made(true), "stopping"],
  [
    "a key",
    true,
    made(true, "a-registry"),
    "stopping; press Ctrl-C again to leave without clean-up",
  ],
  [
    "a runner",
    false,
    made(true, "a-registry", "a-runner-temp"),
    "stopping: deleting a-runner-temp",
  ],
])("a stop is acknowledged: %s", (_what, byKey, what, text) => {
  expect(acknowledgement(what, byKey)).toBe(text);
});

test.each([
  ["init", new Cancellation(), made(false), "cancelled: nothing was created"],
  ["destroy", new Cancellation(), made(false), "cancelled: nothing was deleted"],
  [
    "rotate-hash",
    new Interruption("SIGINT"),
    made(false),
    "interrupted (SIGINT): nothing was created or changed",
  ],
  [
    "init",
    new Interruption("SIGHUP"),
    made(true, "a-registry"),
    "terminated (SIGHUP): nothing was approved; left behind: a-registry",
  ],
  [
    "init",
    new Interruption("SIGINT"),
    {
      ...made(true),
      leftBehind: () => [
        { name: "a-registry", app_id: "1" },
        { name: "a-runner-temp", app_id: "2", may_exist: true as const },
      ],
    },
    "interrupted (SIGINT): nothing was approved; left behind: a-registry; may exist: a-runner-temp",
  ],
  [
    "rotate-hash",
    new Cancellation(),
    made(true),
    "cancelled: nothing was approved; nothing that this run created is left",
  ],
  [
    "rotate-hash",
    new Interruption("SIGINT"),
    { ...made(true), approving: true },
    "interrupted (SIGINT): the new list may be approved already; nothing that this run created is left",
  ],
  [
    "init",
    new Interruption("SIGINT"),
    { ...made(true), metBefore: () => [{ name: "a-registry", usdPerHour: 0.1 }] },
    "interrupted (SIGINT): nothing was approved; nothing that this run created is left; a-registry exists as before, for $0.1 an hour",
  ],
  [
    "destroy",
    new Interruption("SIGINT"),
    made(true),
    "interrupted (SIGINT): nothing that this run created is left",
  ],
  [
    "init",
    new ClusterError("input", "usage", {
      message: "as it is",
    }),
    made(false),
    "as it is",
  ],
])("%s ends: %s", (command, failure, what, text) => {
  expect(messageAtTheEnd(command, failure, what)).toBe(text);
});

const left = (...names: string[]) => made(true, ...names).leftBehind();

test("what is left behind is deleted by name, and a registry that was there before is not", () => {
  expect(cleanUpCommand([], "a")).toBeUndefined();
  expect(cleanUpCommand(left("a-runner-0000000a", "b-registry"), undefined)).toBeUndefined();
  expect(cleanUpCommand(left("a-registry", "a copy"), undefined)).toBeUndefined();
  expect(cleanUpCommand(left("a-registry", "a-runner-temp"), undefined)).toEqual({
    command: "destroy",
    args: ["--cluster-name", "a"],
  });
  expect(cleanUpCommand(left("a-runner-temp"), undefined)).toEqual({
    command: "destroy",
    args: ["--cluster-name", "a", "--temporary-runner"],
  });
});

test("of a registry that was renamed: by the run's cluster, and not by the one that it is named for", () => {
  expect(cleanUpCommand(left("b-registry"), "a")).toBeUndefined();
  expect(cleanUpCommand(left("b-registry", "a-runner-temp"), "a")).toBeUndefined();
  expect(cleanUpCommand(left("my own name"), "a")).toEqual({
    command: "destroy",
    args: ["--cluster-name", "a"],
  });
  expect(cleanUpCommand(left("a-registry"), "a")).toMatchObject({ command: "destroy" });
});
