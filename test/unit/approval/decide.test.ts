import { expect, test } from "vitest";
import { decide, type ApprovalFacts, type ApprovalReason } from "../../../src/approval/decide.ts";
import type { ApprovedRecord } from "../../../src/state/record.ts";

const [A, B] = ["a".repeat(64), "b".repeat(64)] as const;

const LAST: ApprovedRecord = {
  appId: "00",
  at: "2026-11-27T10:00:00.000Z",
  hashes: [A],
  via: "restart",
  correlationId: "c1",
  settings: {},
  verified: true,
  historyHead: null,
  vouched: true,
};
const UNSEEN: ApprovedRecord = { ...LAST, verified: false };
const PUSHED: ApprovedRecord = { ...LAST, via: "api" };

/** A registry that has its list and its settings, and that nobody has touched since. */
const FACTS: ApprovalFacts = {
  hashes: [A],
  via: "auto",
  force: false,
  existed: true,
  shortens: false,
  canSign: true,
  last: LAST,
  openAttempts: [],
  settingsGiven: true,
  runsThisFile: true,
  secretsWithheld: false,
  madeHere: true,
  newest: { correlationId: "c1", state: "done" },
  restartedSince: null,
};

type Change = Partial<ApprovalFacts>;

test.each<[string, Change]>([
  ["the recorded list, nothing has come after it", {}],
  ["the same list in another order", { hashes: [B, A], last: { ...LAST, hashes: [A, B] } }],
  [
    "an update that is still running: step 9 waits for it",
    { newest: { correlationId: "c1", state: "running" } },
  ],
  ["our update is done, and step 9 has not seen it healthy yet", { last: UNSEEN }],
  [
    "our update ended with a word that nobody knows, and it was seen healthy since",
    { newest: { correlationId: "c1", state: "unknown" } },
  ],
  ["pushed, and the instance runs on", { last: PUSHED, restartedSince: false }],
  [
    "pushed to a registry without any update",
    { last: { ...PUSHED, correlationId: null }, newest: null, restartedSince: false },
  ],
  ["no update is recorded, and it runs this file", { settingsGiven: null }],
  [
    "other settings wait for the next update where only a push is wanted",
    { via: "api", settingsGiven: false },
  ],
  [
    "the platform lists no updates, and it was seen healthy with the list",
    { newest: "unlisted", last: { ...LAST, correlationId: null } },
  ],
  [
    "the same for a push, healthy or not",
    {
      newest: "unlisted",
      last: { ...PUSHED, correlationId: null, verified: false },
      restartedSince: false,
    },
  ],
])("kept: %s", (_what, change) => {
  const facts = { ...FACTS, ...change };
  expect(decide(facts)).toEqual({ action: "keep", approval: facts.last });
});

test.each<[string, ApprovalReason, Change]>([
  ["nothing is recorded", "never-approved", { last: undefined, settingsGiven: null }],
  ["the operator insists", "forced", { force: true }],
  ["it was made without its secrets", "secrets-withheld", { secretsWithheld: true }],
  [
    "it was made without its secrets, and the operator wants a push",
    "secrets-withheld",
    { secretsWithheld: true, via: "api" },
  ],
  [
    "a run of ours ended in the middle of it",
    "unsettled-attempt",
    { openAttempts: [{ hashes: [A, B] }] },
  ],
  ["a hash goes", "list-differs", { last: { ...LAST, hashes: [A, B] } }],
  [
    "a hash comes, and there is no key to push with",
    "list-differs",
    { hashes: [A, B], canSign: false },
  ],
  [
    "a hash comes, and the operator wants a restart",
    "list-differs",
    { hashes: [A, B], via: "restart" },
  ],
  ["the last update failed", "update-failed", { newest: { correlationId: "c1", state: "failed" } }],
  [
    "somebody else has updated it",
    "updated-by-others",
    { newest: { correlationId: "c2", state: "done" } },
  ],
  ["the update that is recorded is gone", "updated-by-others", { newest: null }],
  [
    "an update without an id can't be told from another",
    "unconfirmed",
    { last: { ...LAST, correlationId: null }, newest: { correlationId: null, state: "done" } },
  ],
  [
    "no list of updates, and it was never seen healthy",
    "unconfirmed",
    { newest: "unlisted", last: { ...LAST, correlationId: null, verified: false } },
  ],
  [
    "no list of updates, and ours was never seen healthy",
    "unconfirmed",
    { newest: "unlisted", last: { ...LAST, verified: false } },
  ],
  [
    "our update ended with a word that nobody knows",
    "unconfirmed",
    { newest: { correlationId: "c1", state: "unknown" }, last: { ...LAST, verified: false } },
  ],
  ["other settings", "settings-differ", { settingsGiven: false }],
  [
    "no list of updates, and it runs something else by now",
    "updated-by-others",
    { newest: "unlisted", last: { ...LAST, correlationId: null }, runsThisFile: false },
  ],
  [
    "no update is recorded, and it runs another file",
    "settings-differ",
    { settingsGiven: null, runsThisFile: false },
  ],
  ["a push shall last", "make-permanent", { last: PUSHED, via: "restart", restartedSince: false }],
  [
    "a new registry gets a second hash: nothing runs on it",
    "list-differs",
    { hashes: [A, B], existed: false },
  ],
  [
    "a push after an update that failed",
    "update-failed",
    { hashes: [A], newest: { correlationId: "c1", state: "failed" }, canSign: true },
  ],
])("updated: %s", (_what, reason, change) => {
  expect(decide({ ...FACTS, ...change })).toEqual({ action: "update", reason });
});

test.each<[string, ApprovalReason, Change]>([
  ["a hash comes and nothing else changes", "list-differs", { hashes: [A, B] }],
  ["what was pushed was lost in a restart", "restarted", { last: PUSHED, restartedSince: true }],
  [
    "nobody says whether it restarted: pushing again does no harm",
    "restart-unknown",
    { last: PUSHED },
  ],
  [
    "an attempt of ours that the new list contains",
    "unsettled-attempt",
    { openAttempts: [{ hashes: [A] }] },
  ],
  [
    "a registry of somebody else that runs this file",
    "never-approved",
    { last: undefined, settingsGiven: null, madeHere: false, newest: null },
  ],
  [
    "the operator wants a push, whatever differs",
    "list-differs",
    { hashes: [A, B], via: "api", settingsGiven: false },
  ],
  [
    "the same on a new registry",
    "never-approved",
    { via: "api", existed: false, last: undefined, settingsGiven: null },
  ],
  [
    "no list of updates, before and now",
    "list-differs",
    { hashes: [A, B], newest: "unlisted", last: { ...LAST, correlationId: null } },
  ],
])("pushed: %s", (_what, reason, change) => {
  expect(decide({ ...FACTS, ...change })).toEqual({ action: "push", reason });
});

test.each<[string, Change]>([
  [
    "what was announced meanwhile would go",
    { hashes: [A], last: LAST, openAttempts: [{ hashes: [A, B] }] },
  ],
  ["settings differ as well", { hashes: [A, B], settingsGiven: false }],
  [
    "an update by somebody else came in between",
    { hashes: [A, B], newest: { correlationId: "c2", state: "done" } },
  ],
  [
    "no list of updates, and ours was never seen healthy",
    { hashes: [A, B], newest: "unlisted", last: { ...LAST, verified: false } },
  ],
  [
    "nothing is recorded, and the last update of somebody else's registry failed",
    {
      last: undefined,
      settingsGiven: null,
      madeHere: false,
      newest: { correlationId: "c1", state: "failed" },
    },
  ],
  [
    "nothing is recorded and hashes may have to go",
    { last: undefined, settingsGiven: null, madeHere: false, shortens: true },
  ],
  [
    "nothing is recorded of a registry that was made here: it gets its domain",
    { last: undefined, settingsGiven: null, madeHere: true },
  ],
  [
    "nothing is recorded and it runs another file",
    { last: undefined, settingsGiven: null, madeHere: false, runsThisFile: false },
  ],
  ["the operator insists on an update", { hashes: [A, B], force: true }],
])("not pushed: %s", (_what, change) => {
  expect(decide({ ...FACTS, ...change }).action).toBe("update");
});
