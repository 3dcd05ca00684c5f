import { Gone } from "./errors.js";

/**
 * Reads a paged list to its end. Where its version is compacted away between two pages it is read anew, in one: so long a
 * list is had so, or never.
 *
 * @param pages the pages; `limit` 0 where all items are wanted in one, else absent.
 * @param read begins from nothing each time that it is called.
 * @throws what `pages` or `read` throws; {@link Gone} where the first page is answered so.
 */
export async function readPages<P, R>(
  pages: (limit?: number) => AsyncIterable<P>,
  read: (pages: AsyncIterable<P>) => Promise<R>,
): Promise<R> {
  let seen = 0;
  async function* noticed(): AsyncGenerator<P> {
    for await (const page of pages()) {
      seen++;
      yield page;
    }
  }
  try {
    return await read(noticed());
  } catch (error) {
    if (!(error instanceof Gone && seen > 0)) throw error;
    return read(pages(0));
  }
}
