/** The list of CVMs. A wrapper that read only the first page created duplicates in production. */
import pMap from "p-map";
import type { z } from "zod";
import type { Cvm } from "../../core/domain.ts";
import type { CvmFilter } from "../../core/ports.ts";
import { ClusterError } from "../../errors/cluster-error.ts";
import { keepYoungGenerationSmall } from "../../lib/young-generation.ts";
import type { ApiReader } from "./api-reader.ts";
import { cvm as cvmSchema, cvmPage, identityOfItem, isDeleted } from "./schemas.ts";
import { platformError } from "./trouble.ts";

/** The server's own limit. */
const PAGE_SIZE = 100;
/** More concurrent requests are answered with 429. */
const PAGES_AT_A_TIME = 6;
/** A million CVMs; protects against a server that claims more. */
const MAX_PAGES = 10_000;
const MAX_PASSES = 5;
const SHORT_PAGES = 20;
/** For a short list that is in another order each time. */
const MAX_SHORT_PASSES = 15;
/** That many passes without a new CVM make a union final. */
const QUIET_PASSES = 2;

type Page = z.infer<typeof cvmPage>;

type Shortfall = { readonly total: number; readonly listed: number };

type Pass = {
  /** Those that the filter keeps, by identity. */
  readonly cvms: ReadonlyMap<string, Cvm>;
  /** The identities of all CVMs. */
  readonly listed: ReadonlySet<string>;
  readonly pages: number;
  /** Present if fewer CVMs were listed than the server counts. */
  readonly shortfall: Shortfall | undefined;
};

/**
 * Every CVM that `filter` keeps. Only those are held in memory.
 *
 * Pages shift while they are read, so one pass may miss a CVM. A single page is consistent; several are read until two
 * passes agree, else their union is used. `filter.search` turns the second pass into one short request if the server
 * searches by name; it can only add CVMs, so nothing depends on how the server searches.
 *
 * @throws ClusterError `api-failed` if the list stays incomplete or the server's pages are inconsistent.
 */
export async function listCvms(
  reader: ApiReader,
  signal: AbortSignal,
  filter: CvmFilter = {},
): Promise<Cvm[]> {
  const first = await readAll(reader, signal, filter, undefined);
  if (first.pages <= 1 && first.shortfall === undefined) return [...first.cvms.values()];
  const narrowed = await readNarrowed(reader, signal, filter);
  if (narrowed && first.shortfall === undefined && areEqual(first, narrowed))
    return [...narrowed.cvms.values()];
  return readAgain(first, narrowed, () => readAll(reader, signal, filter, undefined));
}

/** Reads until two passes agree, else takes the union of all: each pass may have missed something. */
async function readAgain(
  first: Pass,
  narrowed: Pass | undefined,
  read: () => Promise<Pass>,
): Promise<Cvm[]> {
  const found = new Map([...first.cvms, ...(narrowed?.cvms ?? [])]);
  const listed = new Set(first.listed);
  const isComplete = ({ shortfall }: Pass): boolean =>
    shortfall === undefined || listed.size >= shortfall.total;
  let before = first;
  let quietPasses = 0;
  for (let pass = 2; pass <= passesFor(before); pass += 1) {
    const next = await read();
    if (next.shortfall === undefined && areEqual(before, next))
      return [...new Map([...next.cvms, ...(narrowed?.cvms ?? [])]).values()];
    const known = listed.size;
    for (const id of next.listed) listed.add(id);
    for (const [id, cvm] of next.cvms) found.set(id, cvm);
    quietPasses = listed.size === known ? quietPasses + 1 : 0;
    before = next;
    if (next.shortfall && isComplete(next) && quietPasses >= QUIET_PASSES) break;
  }
  if (isComplete(before)) return [...found.values()];
  throw platformError(`it counts ${before.shortfall?.total} CVMs and lists ${listed.size}`);
}

const passesFor = ({ shortfall, pages }: Pass): number =>
  shortfall !== undefined && pages <= SHORT_PAGES ? MAX_SHORT_PASSES : MAX_PASSES;

/** Undefined if there is nothing to search for, or the server can't search. */
async function readNarrowed(
  reader: ApiReader,
  signal: AbortSignal,
  filter: CvmFilter,
): Promise<Pass | undefined> {
  if (filter.search === undefined) return undefined;
  try {
    return await readAll(reader, signal, filter, filter.search);
  } catch (error) {
    if (error instanceof ClusterError && !signal.aborted) return undefined;
    throw error;
  }
}

const areEqual = (one: Pass, other: Pass): boolean =>
  one.cvms.size === other.cvms.size && [...one.cvms.keys()].every((id) => other.cvms.has(id));

async function readAll(
  reader: ApiReader,
  signal: AbortSignal,
  filter: CvmFilter,
  search: string | undefined,
): Promise<Pass> {
  const listed = new Set<string>();
  const cvms = new Map<string, Cvm>();
  const readPage = async (number: number): Promise<Page> => {
    const page = await readPageOf(reader, signal, search, number);
    for (const item of page.items) takeItem(item, { filter, listed, cvms });
    return { ...page, items: [] };
  };
  const first = await readPage(1);
  if (first.pages > MAX_PAGES) throw platformError(`it claims ${first.pages} pages of CVMs`);
  if (first.pages > SHORT_PAGES) keepYoungGenerationSmall();
  const numbers = Array.from({ length: Math.max(0, first.pages - 1) }, (_, index) => index + 2);
  const totals = await pMap(numbers, async (number) => (await readPage(number)).total, {
    concurrency: PAGES_AT_A_TIME,
  });
  const total = totals.at(-1) ?? first.total;
  const shortfall = listed.size < total ? { total, listed: listed.size } : undefined;
  return { cvms, listed, pages: first.pages, shortfall };
}

async function readPageOf(
  reader: ApiReader,
  signal: AbortSignal,
  search: string | undefined,
  number: number,
): Promise<Page> {
  const query = new URLSearchParams({ page: String(number), page_size: String(PAGE_SIZE) });
  if (search !== undefined) query.set("search", search);
  const page = await reader.requirePresent(`/cvms/paginated?${query.toString()}`, cvmPage, signal);
  if (page.page === number) return page;
  throw platformError(`asked for page ${number} of the CVMs, it sent page ${page.page}`);
}

/** Other users' CVMs are not parsed: anything unusual in them must not fail the run. */
function takeItem(
  item: unknown,
  into: {
    readonly filter: CvmFilter;
    readonly listed: Set<string>;
    readonly cvms: Map<string, Cvm>;
  },
): void {
  const identity = identityOfItem(item);
  const { name, appId, vmUuid } = identity;
  const id = vmUuid ?? `${name} ${appId}`;
  into.listed.add(id);
  if (into.filter.keep?.(identity) === false) return;
  const parsed = cvmSchema.safeParse(item);
  if (parsed.success) {
    if (!isDeleted(parsed.data)) into.cvms.set(id, parsed.data);
    return;
  }
  const [issue] = parsed.error.issues;
  throw platformError(
    `unexpected answer: ${name || id}: ${issue?.path.join(".")}: ${issue?.message ?? "?"}`,
  );
}
