/** Whose lock it is, and what can be known of that process from here. */
import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { expect, test } from "vitest";
import { processPlace, type ProcessPlace } from "../../../src/lib/process-alive.ts";
import {
  describeHolder,
  holderOf,
  judge,
  newOwner,
  type Judgement,
} from "../../../src/state/lock-owner.ts";

const DEAD = spawnSync("true").pid;
const FIRST = "pid:[4026531836]";
/** A machine that runs no container. */
const HERE: ProcessPlace = { namespace: FIRST, boot: "now", machine: "m1" };

/** Written on HERE by a process that is gone, but for the change. */
const lock = (change: Record<string, unknown> = {}): string =>
  JSON.stringify({
    v: 2,
    pid: DEAD,
    host: hostname(),
    ...HERE,
    started: null,
    command: "init",
    since: "2026-01-01T00:00:00.000Z",
    nonce: "0011223344556677",
    beat: "000000000000",
    ...change,
  });

test.each<[string, Judgement, Record<string, unknown>]>([
  ["a process that is gone", "dead", {}],
  ["a process that runs", "alive", { pid: process.pid }],
  ["its id was given again", "dead", { pid: process.pid, started: "1" }],
  ["an earlier boot, whoever has its id now", "dead", { boot: "before", pid: process.pid }],
  [
    "an earlier boot of another host of that machine-id",
    "distant",
    { boot: "before", host: "elsewhere" },
  ],
  ["another boot of another machine of that name", "distant", { boot: "before", machine: "m2" }],
  ["another boot of who knows which machine", "distant", { boot: "before", machine: null }],
  [
    "another boot, written in a container",
    "distant",
    { boot: "before", namespace: "pid:[4026532177]" },
  ],
  ["a boot that is not known", "distant", { boot: null }],
  ["a container of this machine", "distant", { namespace: "pid:[4026532177]" }],
  ["another host", "distant", { host: "elsewhere" }],
  ["another host, without a heartbeat", "foreign", { host: "elsewhere", beat: undefined }],
  ["0.1.0 on this host", "dead", { v: 1, namespace: undefined, boot: undefined, beat: undefined }],
  [
    "0.1.0 on this host, running",
    "alive",
    { v: 1, pid: process.pid, namespace: undefined, boot: undefined },
  ],
  ["a newer format", "foreign", { v: 3 }],
])("%s: %s", (_, judgement, change) => {
  expect(judge(holderOf(lock(change)), HERE)).toBe(judgement);
});

test.each<[string, Partial<ProcessPlace>]>([
  ["a container", { namespace: "pid:[4026532177]" }],
  ["a system without boot ids", { boot: null }],
  ["a system without machine-id", { machine: null }],
])("seen from %s, an earlier boot is not known to be one", (_, change) => {
  expect(judge(holderOf(lock({ boot: "before" })), { ...HERE, ...change })).toBe("distant");
});

test.each([
  ["", "dead"],
  ['{"pid":', "dead"],
  ["[]", "dead"],
  ["{}", "foreign"],
])("what is no lock of ours: %j is %s", (text, judgement) => {
  expect(judge(holderOf(text))).toBe(judgement);
  expect(describeHolder(holderOf(text))).toBe("another version of tee-cluster");
});

test("a lock tells one owner from a later one by its nonce, and an unreadable one by its text", () => {
  expect(holderOf(lock()).identity).toBe("0011223344556677");
  expect(holderOf(lock({ beat: "000000000001" })).identity).toBe("0011223344556677");
  expect(holderOf("{").identity).not.toBe(holderOf("{}").identity);
  expect(holderOf("{").identity).toMatch(/^[0-9a-f]{16}$/);
});

test("who takes a lock says all that tells whether it lives", () => {
  const owner = newOwner("destroy", () => 0);
  expect(owner).toMatchObject({ v: 2, pid: process.pid, host: hostname(), ...processPlace() });
  expect(owner).toMatchObject({ command: "destroy", since: "1970-01-01T00:00:00.000Z" });
  expect(JSON.stringify(owner)).toMatch(/"beat":"0{12}"\}$/);
  expect(newOwner("init", () => 0).nonce).not.toBe(owner.nonce);
  expect(judge(holderOf(JSON.stringify(owner)))).toBe("alive");
  expect(describeHolder(holderOf(JSON.stringify(owner)))).toBe(
    `tee-cluster destroy (pid ${process.pid} on ${hostname()}, since 1970-01-01T00:00:00.000Z)`,
  );
});
