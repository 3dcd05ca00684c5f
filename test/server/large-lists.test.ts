import { setImmediate as nextTurn } from "node:timers/promises";
import t from "tap";
import { LargeLists } from "#src/server/large-lists.js";

const { signal } = new AbortController();

/** Lists that end when the test says so. */
class Reads {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();

  reader(name: string): () => Promise<string> {
    return () => {
      this.begun.push(name);
      return new Promise((resolve) => this.#ends.set(name, () => resolve(name)));
    };
  }

  end(name: string): void {
    this.#ends.get(name)?.();
  }
}

t.test("two large lists are read at once, and the others in the order in which they came", async (t) => {
  const lists = new LargeLists();
  const reads = new Reads();
  const results = ["a", "b", "c", "d"].map((name) => lists.read(name, signal, reads.reader(name)));
  await nextTurn();
  t.strictSame(reads.begun, ["a", "b"]);
  reads.end("b");
  await results[1];
  await nextTurn();
  t.strictSame(reads.begun, ["a", "b", "c"]);
  for (const name of ["a", "c", "d"]) {
    reads.end(name);
    await nextTurn();
    await results[["a", "b", "c", "d"].indexOf(name)];
  }
  t.strictSame(await Promise.all(results), ["a", "b", "c", "d"]);
});

t.test("a list that fails, or whose caller leaves, gives its place to the next", async (t) => {
  const lists = new LargeLists();
  const reads = new Reads();
  const failing = lists.read("a", signal, () => Promise.reject(new Error("no right")));
  await t.rejects(failing, { message: "no right" });
  const leaving = new AbortController();
  const running = ["b", "c"].map((name) => lists.read(name, signal, reads.reader(name)));
  const left = lists.read("d", leaving.signal, reads.reader("d"));
  const next = lists.read("e", signal, reads.reader("e"));
  await nextTurn();
  leaving.abort(new Error("the caller has gone"));
  await t.rejects(left, { message: "the caller has gone" });
  reads.end("b");
  await running[0];
  await nextTurn();
  t.strictSame(reads.begun, ["b", "c", "e"]);
  for (const name of ["c", "e"]) reads.end(name);
  t.equal(await next, "e");
});

t.test("a caller that asks for many lists takes no more than its share of the turns", async (t) => {
  const lists = new LargeLists();
  const reads = new Reads();
  const own = ["1", "2", "3", "4"].map((name) => lists.read("a", signal, reads.reader(name)));
  await t.rejects(lists.read("a", signal, reads.reader("5")), { message: /^you have 4 lists/ });
  const other = lists.read("b", signal, reads.reader("b"));
  for (const name of ["1", "2", "3", "4"]) {
    await nextTurn();
    reads.end(name);
    await own[Number(name) - 1];
  }
  await nextTurn();
  reads.end("b");
  await other;
  const again = lists.read("a", signal, reads.reader("6"));
  await nextTurn();
  reads.end("6");
  t.equal(await again, "6");
});
