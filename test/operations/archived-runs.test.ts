/** Pages of archived runs, over kinds and names. */
import t from "tap";
import fc from "fast-check";
import { archivedPage, archivedRun, type ArchivedSummary } from "#src/operations/archived-runs.js";
import { runTypes } from "#src/operations/any-run.js";
import type { ArchivedEntry, ArchiveStore } from "#src/archive/archive-store.js";

const signal = new AbortController().signal;

/** Documents in memory; `gaps`: each page has objects that are no documents, as a bucket may. */
function storeOf(entries: readonly ArchivedEntry[], gaps: boolean): Pick<ArchiveStore, "list" | "get"> {
  const pathOf = ({ plural, name, uid }: ArchivedEntry): string => `ns/${plural}/${name}/${uid}.json.gz`;
  return {
    get: () => Promise.resolve(undefined),
    list: ({ plural, name }, { limit, after = "" }) => {
      const selected = entries
        .filter((each) => each.plural === plural && (name === undefined || each.name === name))
        .filter((each) => pathOf(each) > after)
        .sort((a, b) => (pathOf(a) < pathOf(b) ? -1 : 1));
      const page = selected.slice(0, gaps ? Math.ceil(limit / 2) : limit);
      const last = page.at(-1);
      const isLast = last === undefined || page.length === selected.length;
      return Promise.resolve({ entries: page, ...(!isLast && { next: pathOf(last) }) });
    },
  };
}

const entry = fc.record({
  plural: fc.constantFrom(...runTypes.map(({ plural }) => plural)),
  name: fc.constantFrom("a", "b", "a-1"),
  uid: fc.uuid(),
});

t.test("each archived run is in exactly one page, and no page is too long", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(entry, { maxLength: 30, selector: ({ uid }) => uid }),
      fc.integer({ min: 1, max: 12 }),
      fc.boolean(),
      fc.option(fc.constantFrom("a", "b")),
      async (runs, limit, gaps, name) => {
        const entries = runs.map((each) => ({ namespace: "ns", writtenAt: "2026-01-01T00:00:00Z", bytes: 1, ...each }));
        const seen: ArchivedSummary[] = [];
        for (let token: string | undefined = ""; token !== undefined;) {
          const options = { types: runTypes, namespace: "ns", limit, token, ...(name !== null && { name }) };
          const page = await archivedPage(storeOf(entries, gaps), options, signal);
          if (page.items.length > limit) throw new Error("a page is too long");
          seen.push(...page.items);
          token = page.continue;
        }
        const wanted = entries.filter((each) => name === null || each.name === name).map(({ uid }) => uid);
        t.strictSame(seen.map(({ uid }) => uid).sort(), wanted.sort());
        const kinds = seen.map(({ kind }) => runTypes.findIndex((type) => type.kind === kind));
        t.strictSame(kinds, [...kinds].sort(), "by kind");
      },
    ),
    { numRuns: 100 },
  );
});

t.test("a token that is none is refused, and so is a document that is not there", async (t) => {
  const store = storeOf([], false);
  const options = { types: runTypes, namespace: "ns", limit: 1 };
  const strange = [{ plural: "pods", after: "" }, { plural: 1, after: "" }, [], { plural: "taskruns" }];
  const tokens = strange.map((each) => Buffer.from(JSON.stringify(each)).toString("base64url"));
  for (const token of ["x", ...tokens])
    await t.rejects(archivedPage(store, { ...options, token }, signal), { problem: "Invalid", message: /continue/ });
  const key = { namespace: "ns", plural: "taskruns", name: "a", uid: "u" };
  await t.rejects(archivedRun(store, key, signal), /no taskruns\/a with uid u/);
});
