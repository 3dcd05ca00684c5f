import { Gone } from "./errors.js";

/**
 * Reads a paged list to its end. If its version is compacted between two pages, it reads the list again in one page: a
 * list that takes longer than the compaction interval could never be completed page by page.
 *
 * @param pages the pages; `limit` is 0 if all items must come in one page, else absent.
 * @param read consumes the pages; it starts from scratch each time it is called.
 * @throws what `pages` or `read` throws; {@link Gone} if that is the response to the first page.
 */
export async function readPages<P, R>(
  pages: (limit?: number) => AsyncIterable<P>,
  read: (pages: AsyncIterable<P>) => Promise<R>,
): Promise<R> {
  let seen = 0;
  async function* counted(): AsyncGenerator<P> {
    for await (const page of pages()) {
      seen++;
      yield page;
    }
  }
  try {
    return await read(counted());
  } catch (error) {
    if (!(error instanceof Gone && seen > 0)) throw error;
    return read(pages(0));
  }
}
