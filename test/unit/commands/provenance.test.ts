/** What an approval says of itself in the history: without secrets, whatever the operator typed. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { ApprovalFlags } from "../../../src/commands/shared/approval-flags.ts";
import { provenanceOf } from "../../../src/commands/shared/approval.ts";
import { Redactor } from "../../../src/core/redact.ts";
import type { Facts } from "../../../src/session/facts.ts";
import { openHistory } from "../../../src/state/history.ts";
import { prepareStateDirectory, stateDirectoryOf } from "../../../src/state/state-directory.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const SECRET = "phak_live_0123456789abcdef";
const RUNNER = { runnerHash: "a".repeat(64), composeDigest: "b".repeat(64) };
const facts = { account: async () => ({ username: "acme" }) } as unknown as Facts;

function provenance(reason: string | null) {
  const redactor = new Redactor();
  redactor.add(SECRET);
  const flags = { approveVia: "auto", reason: reason ?? undefined } as unknown as ApprovalFlags;
  return provenanceOf("rotate-hash", { facts, flags, prepared: { redactor } }, RUNNER);
}

test.each([
  [`new key ${SECRET} is in`, "new key [redacted] is in"],
  [`as hex ${Buffer.from(SECRET).toString("hex")}`, "as hex [redacted]"],
  ["image 0.8.44", "image 0.8.44"],
  [null, null],
])("the reason %j is kept as %j", async (given, kept) => {
  expect(await provenance(given)).toMatchObject({
    command: "rotate-hash",
    reason: kept,
    ...RUNNER,
  });
  expect((await provenance(given)).who.login).toBe("acme");
});

test("on disk the history has the words, and not the secret", async () => {
  const directory = stateDirectoryOf(await temporaryFolder(), "host", "bird");
  await prepareStateDirectory(directory);
  const { who, command, reason } = await provenance(`because of ${SECRET}`);
  await openHistory(directory, () => 0).append({
    who,
    command,
    reason,
    action: "approve",
    registry_app_id: "c".repeat(40),
    hashes: [RUNNER.runnerHash],
    added: [],
    removed: [],
    via: "api",
    runner_hash: RUNNER.runnerHash,
    compose_digest: RUNNER.composeDigest,
  });
  const text = await readFile(directory.history, "utf8");
  expect(text).toContain("because of [redacted]");
  expect(text).not.toContain(SECRET.slice(0, 12));
});
