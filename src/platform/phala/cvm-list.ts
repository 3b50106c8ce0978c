/** The whole list of CVMs. A wrapper that read only the first page has created duplicates in production. */
import type { z } from "zod";
import { identityOf, type Cvm } from "../../core/domain.ts";
import { platformError, type ApiReader } from "./api-reader.ts";
import { cvmPage } from "./schemas.ts";

/** The server's own limit. */
const PAGE_SIZE = 100;
const PAGES_AT_A_TIME = 4;
/** An account with 100,000 CVMs; a server that claims more is not to be followed for ever. */
const MAX_PAGES = 1000;
const TRIES = 2;

type Page = z.infer<typeof cvmPage>;

/**
 * Every page, four at a time. A list that changes while it is read may lose a CVM between two pages: one that
 * holds fewer CVMs than the server counts is read once more.
 *
 * @param search narrows on the server, by its own rules.
 * @throws ClusterError `platform` where it stays incomplete or the server's pages make no sense.
 */
export async function listCvms(reader: ApiReader, signal: AbortSignal, search?: string): Promise<Cvm[]> {
  const readPage = async (number: number): Promise<Page> => {
    const query = new URLSearchParams({ page: String(number), page_size: String(PAGE_SIZE) });
    if (search !== undefined) query.set("search", search);
    const page = await reader.must(`/cvms/paginated?${query.toString()}`, cvmPage, signal);
    if (page.page === number) return page;
    throw platformError(`asked for page ${number} of the CVMs, it sent page ${page.page}`);
  };
  let list = await readAll(readPage);
  for (let attempt = 1; list.cvms.length < list.total && attempt < TRIES; attempt += 1) {
    list = await readAll(readPage);
  }
  if (list.cvms.length >= list.total) return list.cvms;
  throw platformError(`it counts ${list.total} CVMs and lists ${list.cvms.length}`);
}

async function readAll(
  readPage: (number: number) => Promise<Page>,
): Promise<{ readonly cvms: Cvm[]; readonly total: number }> {
  const first = await readPage(1);
  if (first.pages > MAX_PAGES) throw platformError(`it claims ${first.pages} pages of CVMs`);
  const pages = [first];
  for (let next = 2; next <= first.pages; next += PAGES_AT_A_TIME) {
    const count = Math.min(PAGES_AT_A_TIME, first.pages - next + 1);
    const numbers = Array.from({ length: count }, (_, index) => next + index);
    pages.push(...(await Promise.all(numbers.map(readPage))));
  }
  const cvms = new Map(pages.flatMap((page) => page.items.map((cvm) => [identityOf(cvm), cvm] as const)));
  return { cvms: [...cvms.values()], total: pages.at(-1)?.total ?? first.total };
}
