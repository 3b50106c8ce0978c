/** `hash --explain`: what a recorded compose hash stands for. */
import type { AppCompose } from "../../core/compose-hash.ts";
import { readComposeFile, type ComposeFile } from "../../compose/compose-file.ts";
import { predictAppCompose } from "../../app-compose/predict.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { hashesOf, isApproved, type KnownHashes } from "../../state/known-hashes.ts";
import { diffAppCompose } from "./diff.ts";
import type { HashWork } from "./work.ts";
import type { HashExplanation } from "./result.ts";

/**
 * @param text the hash, or at least its first 8 digits.
 * @throws ClusterError `hash-malformed`, `hash-ambiguous`, `hash-unknown` (input), `app-compose-missing` (verification).
 */
export async function explainHash(work: HashWork, text: string): Promise<HashExplanation> {
  const { known, settings, names } = work;
  const hash = oneOf(known, text);
  const appCompose = await known.load(hash);
  if (!appCompose) throw missing(hash, known);
  const compose = await localCompose(work);
  return {
    ok: true,
    command: "hash",
    action: "explain",
    cluster: settings.clusterName,
    compose_hash: hash,
    app_compose: appCompose,
    environment_names: appCompose.allowed_envs ?? [],
    read_back_at: known.composeHashes.findLast((entry) => entry.hash === hash)?.at ?? null,
    approved: isApproved(hash, known),
    approved_at: known.approvals.find(({ hashes }) => hashes.includes(hash))?.at ?? null,
    local: compose
      ? {
          runner_compose: compose.path,
          ...diffAppCompose(predictAppCompose(appCompose, compose.text, names), appCompose),
        }
      : null,
    previous: await previousOf(hash, appCompose, known),
    warnings: [],
  };
}

/** The one known hash that is, or begins with, the text. */
function oneOf(known: KnownHashes, text: string): string {
  if (!/^[0-9a-f]{8,64}$/.test(text)) {
    const message = `${JSON.stringify(text)} is not a compose hash: 64 hex digits in lower case, or the first 8 or more`;
    throw refused("hash-malformed", message, known);
  }
  const [hash, ...others] = hashesOf(known).filter((candidate) => candidate.startsWith(text));
  if (hash === undefined)
    throw refused("hash-unknown", `no hash ${text} is recorded in ${known.path}`, known);
  if (others.length > 0)
    throw refused("hash-ambiguous", `several hashes begin with ${text}`, known);
  return hash;
}

/** Undefined where no file was named and the default one does not exist. */
async function localCompose({
  settings,
  composeOrigin,
}: HashWork): Promise<ComposeFile | undefined> {
  try {
    return await readComposeFile(settings.runnerCompose);
  } catch (error) {
    const named = composeOrigin !== "default" && composeOrigin !== "record";
    if (named || !(error instanceof ClusterError) || error.code !== "compose-missing") throw error;
    return undefined;
  }
}

/** The last hash approved before this one, among those whose app-compose is recorded. */
async function previousOf(
  hash: string,
  appCompose: AppCompose,
  known: KnownHashes,
): Promise<HashExplanation["previous"]> {
  const approved = [...new Set(known.approvals.flatMap(({ hashes }) => hashes))];
  const before = approved.includes(hash) ? approved.slice(0, approved.indexOf(hash)) : approved;
  for (const candidate of before.toReversed()) {
    const other = await known.load(candidate);
    if (other) return { compose_hash: candidate, ...diffAppCompose(appCompose, other) };
  }
  return null;
}

function refused(
  code: "hash-malformed" | "hash-unknown" | "hash-ambiguous",
  message: string,
  known: KnownHashes,
): ClusterError {
  const hashes = hashesOf(known).toReversed();
  const hint =
    hashes.length === 0
      ? "nothing is recorded there: run it where init has been run, or give --record FILE"
      : ["known are, the newest first:", ...hashes].join("\n");
  return new ClusterError("input", code, { message, hint });
}

function missing(hash: string, known: KnownHashes): ClusterError {
  return new ClusterError("verification", "app-compose-missing", {
    message: `the app-compose of ${hash} is not known: ${known.path} has no app-compose that hashes to it`,
    hint: "run it on the machine that read the hash back",
  });
}
