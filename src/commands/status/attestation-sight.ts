/** How `status` reads and judges the registry's evidence. What that takes is loaded where it is needed. */
import { access } from "node:fs/promises";
import path from "node:path";
import { known } from "../../inputs/values.ts";
import type { Preparation } from "../../session/preparation.ts";
import type { StateDirectory } from "../../state/state-directory.ts";
import type { AttestationSight } from "./attestation.ts";

export function attestationSight(
  prepared: Preparation,
  directory: () => Promise<StateDirectory>,
): AttestationSight {
  const { clock, signal } = prepared;
  const { values } = prepared.resolution;
  const mode = known(values, "attest");
  return {
    mode,
    signal,
    async before(appId, { record }) {
      const folder = await directory();
      if (!(await isThere(path.join(folder.path, "attestation.json")))) return undefined;
      const { readVerifiedBefore } = await import("../shared/verified-before.ts");
      return readVerifiedBefore(folder, record, appId);
    },
    async gather({ cvm }, limited) {
      const { gather } = await import("../shared/registry-evidence.ts");
      const registry = { ...cvm, appId: cvm.appId ?? "" };
      return gather(registry, { ...prepared, signal: limited }, { cachedOnly: true });
    },
    async judge(gathered, before) {
      const [{ attestRegistry }, { amendTrust, readTrust }, { scriptsTrustedBefore }] =
        await Promise.all([
          import("../../trust/attest-registry.ts"),
          import("../../trust/read-trust.ts"),
          import("../shared/verified-before.ts"),
        ]);
      const { trust } = await readTrust(values.trustFile, prepared.sandbox?.trust);
      // Accepted then by a flag, perhaps, that this command doesn't have.
      const acceptTcb = before.last ? [before.last.tcb_status] : [];
      const seenEvaluation = before.last?.tcb_evaluation_number ?? 0;
      return attestRegistry({
        ...gathered,
        trust: amendTrust(trust, { acceptTcb, trustScript: [], seenEvaluation }),
        expected: {
          appId: trust.registry?.app_id ?? before.appId,
          composeHash: trust.registry?.compose_hash,
          ...scriptsTrustedBefore(before, mode),
        },
        since: before.since,
        at: clock.now(),
      });
    },
  };
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
