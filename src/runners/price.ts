/** What CVMs cost by the hour, by Phala's own list of instance types. */
import type { Cvm } from "../core/domain.ts";
import type { CloudApi, InstanceType } from "../core/ports.ts";

/** USD per hour of an instance type; undefined: not known. */
export type Prices = ReadonlyMap<string, number>;

/** Empty where the list can't be had: a price is never a reason to fail. */
export async function readPrices(api: CloudApi, signal: AbortSignal): Promise<Prices> {
  const types: readonly InstanceType[] = await api.instanceTypes(signal).catch((error: unknown) => {
    if (signal.aborted) throw error;
    return [];
  });
  return pricesOf(types);
}

/** USD per hour of one CVM, by a list that is asked for anyway; null: not known. */
export async function ratePerHour(
  instanceType: string | null,
  types: Promise<readonly InstanceType[]>,
): Promise<number | null> {
  return pricePerHour([{ instanceType }], pricesOf(await types.catch(() => [])));
}

export function pricesOf(types: readonly InstanceType[]): Prices {
  return new Map(
    types.flatMap(({ id, hourlyRate }) => {
      const rate = Number(hourlyRate);
      return Number.isFinite(rate) && rate > 0 ? [[id, rate] as const] : [];
    }),
  );
}

/** USD per hour; null where the type of one of them, or its price, is not known. */
export function pricePerHour(
  cvms: readonly Pick<Cvm, "instanceType">[],
  prices: Prices,
): number | null {
  const rates = cvms.map(({ instanceType }) => prices.get(instanceType ?? ""));
  if (rates.some((rate) => rate === undefined)) return null;
  return round(rates.reduce<number>((sum, rate) => sum + (rate ?? 0), 0));
}

/** Of binary fractions only the digits that a price has. */
const round = (usd: number): number => Number(usd.toFixed(4));

/** `$0.116 an hour`. */
export const renderPrice = (usdPerHour: number): string => `$${round(usdPerHour)} an hour`;
