import { expect, test } from "vitest";
import { renderHint } from "../../../src/core/command-hint.ts";
import { WaitAdvice } from "../../../src/workflow/wait-advice.ts";

const said = (advice: WaitAdvice, ...seconds: number[]): string[][] =>
  seconds.map((at) => advice.after(at * 1000).map((words) => renderHint(words)));
const LOG = "its log, in another terminal: tee-cluster logs --cluster-name bird";

test("without an earlier run: what is normal, then where to look, each once", () => {
  const advice = new WaitAdvice("wait-for-registry", { cluster: "bird", durations: {} });
  expect(said(advice, 1, 8, 9, 30, 31)).toEqual([
    [],
    ["still normal: a CVM takes a minute or two to boot"],
    [],
    [LOG],
    [],
  ]);
});

test("with an earlier run: as long as last time, or longer", () => {
  const durations = { "wait-for-registry": 58_000 };
  const advice = new WaitAdvice("wait-for-registry", { cluster: "bird", durations });
  expect(said(advice, 7, 20, 60, 87, 200)).toEqual([
    [],
    ["still normal: it took 58s last time"],
    [LOG],
    ["longer than usual: it took 58s last time"],
    [],
  ]);
});

test("a step that waits for nobody, and a run without a cluster, say nothing", () => {
  const usual = { cluster: "bird", durations: {} };
  expect(new WaitAdvice("collect-inputs", usual).after(600_000)).toEqual([]);
  expect(new WaitAdvice("wait-for-registry", undefined).after(600_000)).toEqual([]);
});
