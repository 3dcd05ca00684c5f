/** Pages of lists that are read from the API server in several requests. */
import t from "tap";
import fc from "fast-check";
import { runTypes } from "#src/operations/any-run.js";
import { runPage, type RunPage } from "#src/operations/run-page.js";
import type { RunSummary } from "#src/operations/run-summary.js";
import type { Client } from "#src/runtime/client/client.js";

const columns = [{ name: "Name" }, { name: "Task" }, { name: "Phase" }];

interface Range {
  readonly plural: string;
  readonly from: number;
  readonly limit: number;
}

/** A client of an API server with so many runs of each kind, in the order of `runTypes`; every third one runs. */
function storeOf(counts: readonly number[]): { readonly client: Client; readonly requests: Range[] } {
  const requests: Range[] = [];
  const raw = ({ path }: { path: string }): Promise<unknown> => {
    const { pathname, searchParams } = new URL(path, "http://localhost");
    const plural = pathname.split("/").at(-1) ?? "";
    const count = counts[runTypes.findIndex((type) => type.plural === plural)] ?? 0;
    const from = Number(searchParams.get("continue") ?? 0);
    const limit = Number(searchParams.get("limit"));
    requests.push({ plural, from, limit });
    const end = Math.min(count, from + limit);
    const rows = Array.from({ length: end - from }, (_, index) => ({
      cells: [`run-${from + index}`, from + index, (from + index) % 3 === 0 ? "Running" : ""],
      object: { metadata: { name: `run-${from + index}`, namespace: "ns", uid: `${plural}-${from + index}` } },
    }));
    const metadata = { resourceVersion: "7", ...(end < count && { continue: String(end) }) };
    return Promise.resolve({ kind: "Table", columnDefinitions: columns, rows, metadata });
  };
  return { client: { raw } as unknown as Client, requests };
}

async function allPages(
  client: Client,
  limit: number,
  isWanted?: (run: RunSummary) => boolean,
): Promise<readonly RunPage[]> {
  const pages: RunPage[] = [];
  let token: string | undefined = "";
  while (token !== undefined) {
    const page: RunPage = await runPage(client, { types: runTypes, limit, token, ...(isWanted && { isWanted }) });
    pages.push(page);
    token = page.continue;
  }
  return pages;
}

t.test("the pages contain every matching run once, with any page size", async (t) => {
  const counts = fc.array(fc.nat(4_000), { minLength: 3, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(counts, fc.integer({ min: 300, max: 5_000 }), fc.boolean(), async (counts, limit, isFiltered) => {
      const { client, requests } = storeOf(counts);
      const isWanted = (run: RunSummary): boolean => !isFiltered || run.phase === "Running";
      const pages = await allPages(client, limit, isWanted);
      const expected = runTypes.flatMap(({ plural }, at) =>
        Array.from({ length: counts[at] ?? 0 }, (_, index) => index)
          .filter((index) => !isFiltered || index % 3 === 0)
          .map((index) => `${plural}-${index}`),
      );
      const uids = pages.flatMap(({ items }) => items.map(({ uid }) => uid));
      if (uids.join() !== expected.join()) throw new Error("the runs differ");
      if (pages.some(({ items }) => items.length > limit)) throw new Error("a page is too long");
      const read = requests.map(({ plural, from }) => `${plural} ${from}`);
      return new Set(read).size === read.length && requests.every((request) => request.limit <= 1_000);
    }),
    { numRuns: 60 },
  );
  t.pass();
});

t.test("the next rows are requested before those that have arrived are turned into summaries", async (t) => {
  const { client, requests } = storeOf([2_500]);
  const requestedAt: number[] = [];
  const isWanted = ({ task = 0 }: RunSummary): boolean => {
    if (task % 1_000 === 0) requestedAt.push(requests.length);
    return true;
  };
  const { items } = await runPage(client, { types: runTypes.slice(0, 1), limit: 5_000, token: "", isWanted });
  t.equal(items.length, 2_500);
  t.same(requestedAt, [2, 3, 3]);
  t.same(
    requests.map(({ from, limit }) => [from, limit]),
    [
      [0, 1_000],
      [1_000, 1_000],
      [2_000, 1_000],
    ],
  );
});

t.test("a filter that leaves nothing ends a page after ten requests", async (t) => {
  const { client, requests } = storeOf([50_000]);
  const nothing = { types: runTypes.slice(0, 1), limit: 1_000, token: "", isWanted: () => false };
  const page = await runPage(client, nothing);
  t.same(page.items, []);
  t.equal(requests.length, 10);
  t.type(page.continue, "string");
});

t.test("a request that fails ahead of time fails the page", async (t) => {
  const { client } = storeOf([2_500]);
  let calls = 0;
  const failing = {
    raw: (call: never) => (++calls === 2 ? Promise.reject(new Error("away")) : client.raw(call)),
  } as unknown as Client;
  await t.rejects(runPage(failing, { types: runTypes, limit: 5_000, token: "" }), /away/);
});
