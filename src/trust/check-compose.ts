/** Checks the measured app-compose against our files, and for untrusted code. */
import * as z from "zod";
import type { AttestationFacts, Evidence } from "../core/attestation.ts";
import { sha256Hex, type AppCompose } from "../core/compose-hash.ts";
import type { CheckList } from "./check-list.ts";
import { parseJson } from "../lib/json.ts";
import { findUntrustedCode } from "./runs-code.ts";
import type { Trust } from "./trust-file.ts";

/** Undefined fields are not checked. */
export type ExpectedCompose = {
  /** The compose file, byte for byte. */
  readonly composeText?: string | undefined;
  /** `allowed_envs`, in order. */
  readonly environmentNames?: readonly string[] | undefined;
  readonly composeHash?: string | undefined;
  /** Digests of pre-launch scripts that this cluster has trusted before. */
  readonly trustedScripts?: ReadonlySet<string> | undefined;
  /** On a new cluster the first script is trusted, with a warning. */
  readonly firstUse?: boolean | undefined;
};

type Context = {
  readonly trust: Trust;
  readonly expected: ExpectedCompose;
  readonly list: CheckList;
};

/** @returns SHA-256 of the pre-launch script, if there is one */
export function checkCompose(
  text: string | undefined,
  measured: string | undefined,
  context: Context,
): string | undefined {
  const { expected, list } = context;
  const refuse = (message: string): undefined => list.refuse("compose", "attest-compose", message);
  if (measured === undefined) return refuse("the CVM has measured no compose hash");
  if (expected.composeHash !== undefined && expected.composeHash !== measured)
    return refuse(`the CVM runs compose hash ${measured}, not ${expected.composeHash}`);
  if (text === undefined)
    return list.refuse("compose", "attest-unavailable", "the measured app-compose was not shown");
  if (sha256Hex(text) !== measured)
    return refuse("the app-compose that is shown is not the measured one");
  const appCompose = parseAppCompose(text);
  if (!appCompose) return refuse("the measured app-compose is not readable");
  if (expected.composeText !== undefined && appCompose.docker_compose_file !== expected.composeText)
    return refuse("the CVM runs another compose file than ours");
  const names = appCompose.allowed_envs ?? [];
  if (
    expected.environmentNames &&
    JSON.stringify(names) !== JSON.stringify(expected.environmentNames)
  )
    return refuse(`the CVM allows the environment names [${names.join(", ")}], which are not ours`);
  const isCompared = expected.composeText !== undefined || expected.composeHash !== undefined;
  list.pass("compose", isCompared ? `${measured}, our compose file` : measured);
  return checkScripts(appCompose, context);
}

function checkScripts(
  appCompose: AppCompose,
  { trust, expected, list }: Context,
): string | undefined {
  const { script, fields } = findUntrustedCode(appCompose, trust, expected.trustedScripts);
  const own = appCompose.pre_launch_script ? sha256Hex(appCompose.pre_launch_script) : undefined;
  for (const { field, sha256 } of fields) {
    const message = `${field} may run code and is not pinned (sha256 ${sha256})`;
    list.refuse("scripts", "attest-compose", message);
  }
  if (script && expected.firstUse === true) {
    const message = `trusting its pre-launch script on first use (sha256 ${script.sha256})`;
    list.warn("scripts", "attest-compose", message);
  } else if (script) {
    const message = `its pre-launch script is not trusted (sha256 ${script.sha256}); pin it with --trust-script ${script.sha256}`;
    list.refuse("scripts", "attest-compose", message);
  }
  if (fields.length === 0 && !script)
    list.pass(
      "scripts",
      own === undefined ? "nothing else runs code" : `trusted pre-launch script ${own}`,
    );
  return own;
}

/** The measured app-compose, if a source shows it. */
export function measuredAppCompose(
  evidence: readonly Evidence[],
  facts: Pick<AttestationFacts, "compose_hash"> | null,
): AppCompose | undefined {
  const text = evidence
    .flatMap(({ appCompose }) => appCompose ?? [])
    .find((one) => sha256Hex(one) === facts?.compose_hash);
  return text === undefined ? undefined : parseAppCompose(text);
}

const schema = z.looseObject({
  docker_compose_file: z.string().optional(),
  allowed_envs: z.array(z.string()).optional(),
  pre_launch_script: z.string().nullish(),
});

/** Undefined if it is not an app-compose. */
function parseAppCompose(text: string): AppCompose | undefined {
  return schema.safeParse(parseJson(text)).data;
}
