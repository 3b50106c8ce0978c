/** How long the account's credit lasts: a sum says little, an hour says what to do now. */
import { pricesOf, type Prices } from "../runners/price.ts";
import type { ClusterFacts } from "../session/facts.ts";
import { failed, passed, skipped, type Check, type Outcome } from "./check.ts";

const HOUR_MS = 3_600_000;
/** Credit that is used up overnight is a cluster that is gone in the morning. */
const WARN_BELOW_MS = 24 * HOUR_MS;

export const creditRunway: Check<ClusterFacts> = {
  id: "credit-low",
  title: "Credit lasts a day",
  severity: "warning",
  needs: ["phalaApiKey", "phalaApiUrl", "instanceType"],
  after: ["api-key", "credit"],
  async run({ account, instanceTypes, cluster, signal }) {
    const { creditUsd, postPaid } = await account();
    if (postPaid) return skipped("paid afterwards");
    if (creditUsd === null) return skipped("the API does not say");
    const prices = await instanceTypes().then(pricesOf, (): Prices => {
      signal.throwIfAborted();
      return new Map();
    });
    return runwayOf(creditUsd, cluster.instanceType, prices);
  },
};

function runwayOf(creditUsd: number, instanceType: string, prices: Prices): Outcome {
  const rate = prices.get(instanceType);
  if (rate === undefined) return skipped(`the price of ${instanceType} is not known`);
  const ms = (creditUsd / rate) * HOUR_MS;
  const told = `$${creditUsd.toFixed(2)}: ${roughly(ms)} of one ${instanceType} ($${rate} an hour)`;
  if (ms >= WARN_BELOW_MS) return passed(told);
  return failed(
    `${told}; every runner of the orchestrator uses it up as fast`,
    "add credit: https://cloud.phala.com/dashboard",
  );
}

/** Rounded down: `50 minutes`, `7 hours`, `12 days`. */
export function roughly(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 120) return minutes === 1 ? "1 minute" : `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}
