/** What is looked at right before a registry is restarted: who would lose a key by it. */
import { expect, test } from "vitest";
import { composeHashOf, type AppCompose } from "../../../src/core/compose-hash.ts";
import type { Cvm } from "../../../src/core/domain.ts";
import type { CloudApi } from "../../../src/core/ports.ts";
import { ROLLING, type ListPolicy } from "../../../src/approval/approved-list.ts";
import { assertSameRunners } from "../../../src/approval/same-runners.ts";
import type { LiveRunner } from "../../../src/runners/running-runners.ts";
import { summarizeJournal } from "../../../src/state/record.ts";

const appCompose: AppCompose = { docker_compose_file: "of another version", allowed_envs: [] };
const composeHash = composeHashOf(appCompose);
const cvm = {
  name: "bird-runner-0a1b2c3d",
  appId: "a".repeat(40),
  vmUuid: "b".repeat(32),
  status: "running",
  composeHash,
} as unknown as Cvm;
const runner: LiveRunner = { cvm, composeHash, appCompose };

const look = (
  coordinated: boolean,
  { live = [runner], up = [cvm], policy = ROLLING, hashes = [] }: Look = {},
): Promise<void> => {
  const api = {
    listCvms: async () => up,
    appCompose: async () => ({ kind: "present", value: appCompose }),
  } as unknown as CloudApi;
  const vouchers = { composeText: undefined, hashes: new Set<string>() };
  const record = summarizeJournal([], "bird");
  const known = { record, appId: "app", complete: true, coordinated, vouchers };
  const seen = { cluster: "bird", live, known, hashes, policy };
  return assertSameRunners(seen, { api, signal: new AbortController().signal });
};
type Look = {
  readonly live?: readonly LiveRunner[];
  readonly up?: readonly Cvm[];
  readonly policy?: ListPolicy;
  readonly hashes?: readonly LiveRunner["composeHash"][];
};

test("a runner that its orchestrator may have pushed is not cut off without the operator's word", async () => {
  await expect(look(true)).rejects.toMatchObject({ code: "live-runner-unclear" });
  await look(false);
  await look(true, { hashes: [composeHash] });
  await look(true, { up: [] });
  await look(true, { policy: { ...ROLLING, drop: [composeHash] } });
  await look(true, { policy: { ...ROLLING, stay: "none" } });
});

test("the same of one that has appeared since", async () => {
  await expect(look(true, { live: [] })).rejects.toMatchObject({ code: "runners-changed" });
  await look(false, { live: [] });
});
