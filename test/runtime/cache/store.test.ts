import t from "tap";
import { Store } from "#src/runtime/cache/store.js";
import type { ConfigMap, Stored } from "#src/runtime/client/objects.js";

function object(
  name: string,
  version: number,
  more: { uid?: string; colour?: string; namespace?: string } = {},
): Stored<ConfigMap> {
  return {
    metadata: {
      namespace: more.namespace ?? "ns",
      name,
      uid: more.uid ?? `uid-of-${name}`,
      resourceVersion: String(version),
      labels: { colour: more.colour ?? "none" },
    },
  };
}

function makeStore(): Store<ConfigMap> {
  const store = new Store<ConfigMap>({ freeze: true });
  store.addIndex("colour", ({ metadata }) => [metadata.labels?.colour ?? ""]);
  return store;
}

const key = { namespace: "ns", name: "a" };

t.test("an assumed write is visible at once, also in indexes, and is replaced by what the watch reports later", (t) => {
  const store = makeStore();
  store.put(object("a", 5, { colour: "red" }));
  store.assume(object("a", 9, { colour: "blue" }));
  t.equal(store.get(key)?.metadata.resourceVersion, "9");
  t.equal(store.byIndex("colour", "blue").length, 1);
  t.equal(store.byIndex("colour", "red").length, 0);
  // the watch is behind: what it shows is older than what this process wrote
  store.put(object("a", 7, { colour: "red" }));
  t.equal(store.get(key)?.metadata.resourceVersion, "9");
  store.put(object("a", 10, { colour: "green" }));
  t.equal(store.get(key)?.metadata.resourceVersion, "10");
  t.same(store.byIndex("colour", "blue"), []);
  t.equal(store.byIndex("colour", "green").length, 1);
  t.end();
});

t.test("versions are compared as numbers, not as text", (t) => {
  const store = makeStore();
  store.put(object("a", 9));
  store.assume(object("a", 10));
  t.equal(store.get(key)?.metadata.resourceVersion, "10");
  t.end();
});

t.test("a response that comes after the watch reported the object's deletion does not restore it", (t) => {
  const store = makeStore();
  store.put(object("a", 5));
  store.remove(object("a", 8));
  store.progressed("8");
  store.assume(object("a", 7));
  t.equal(store.get(key), undefined);
  t.same(store.list(), []);
  t.end();
});

t.test("events of an object do not affect a later one of the same name that this process created", (t) => {
  const store = makeStore();
  store.put(object("a", 5, { uid: "first" }));
  store.assume(object("a", 9, { uid: "second" }));
  store.remove(object("a", 8, { uid: "first" }));
  t.equal(store.get(key)?.metadata.uid, "second");
  t.equal(store.byIndex("colour", "none").length, 1);
  t.end();
});

t.test("a deletion by this process does not hide a later object of the same name", (t) => {
  const store = makeStore();
  store.put(object("a", 9, { uid: "second" }));
  store.assumeDeleted(object("a", 5, { uid: "first" }));
  t.equal(store.get(key)?.metadata.uid, "second");
  t.end();
});

t.test(
  "what was made here and deleted by others before the watch could show it goes when the watch is past it",
  (t) => {
    const store = makeStore();
    store.assume(object("a", 7));
    t.ok(store.get(key));
    store.progressed("6");
    t.ok(store.get(key));
    store.progressed("7");
    t.equal(store.get(key), undefined);
    t.end();
  },
);

t.test("of responses out of order the newest stays, and a deletion stays a deletion", (t) => {
  const store = makeStore();
  store.put(object("a", 5));
  store.assume(object("a", 9, { colour: "blue" }));
  store.assume(object("a", 8, { colour: "red" }));
  t.equal(store.get(key)?.metadata.resourceVersion, "9");
  t.same(store.byIndex("colour", "red"), []);
  store.assumeDeleted(object("a", 9));
  store.assume(object("a", 8));
  t.equal(store.get(key), undefined);
  store.assume(object("a", 11, { uid: "another" }));
  t.equal(store.get(key)?.metadata.uid, "another");
  t.end();
});

t.test("the progress of one namespace's watch does not affect another's", (t) => {
  const store = makeStore();
  store.assume(object("a", 7));
  store.progressed("100", "elsewhere");
  t.ok(store.get(key));
  store.progressed("7", "ns");
  t.equal(store.get(key), undefined);
  t.end();
});

t.test("an assumed deletion hides the object until the watch reports it, and never hides a successor", (t) => {
  const store = makeStore();
  store.put(object("a", 5));
  store.assumeDeleted(object("a", 5));
  t.equal(store.get(key), undefined);
  store.put(object("a", 6));
  t.equal(store.get(key), undefined, "a late event of the deleted one");
  store.put(object("a", 9, { uid: "another" }));
  t.equal(store.get(key)?.metadata.uid, "another");
  t.end();
});

t.test("a change that the watch repeats is reported once", (t) => {
  const store = makeStore();
  t.match(store.put(object("a", 5)), [{ type: "added", initial: true }]);
  t.same(store.put(object("a", 5)), []);
  store.markSynced();
  t.match(store.put(object("b", 6)), [{ type: "added", initial: false }]);
  t.match(store.put(object("a", 7)), [{ type: "updated", old: { metadata: { resourceVersion: "5" } } }]);
  t.match(store.remove(object("a", 8)), { type: "deleted" });
  t.equal(store.remove(object("a", 8)), undefined);
  t.end();
});

t.test("another object of the same name is reported as a deletion and an addition", (t) => {
  const store = makeStore();
  store.put(object("a", 5));
  const changes = store.put(object("a", 9, { uid: "another" }));
  t.same(
    changes.map(({ type, object: { metadata } }) => `${type} ${metadata.uid}`),
    ["deleted uid-of-a", "added another"],
  );
  t.end();
});

t.test("the end of a list removes unlisted objects, in its namespace only", (t) => {
  const store = makeStore();
  store.put(object("a", 1));
  store.put(object("b", 2));
  store.put(object("c", 3, { namespace: "other" }));
  const changes = store.retain(new Set(["ns/b"]), "ns");
  t.same(
    changes.map(({ type, object: { metadata } }) => `${type} ${metadata.name}`),
    ["deleted a"],
  );
  t.equal(store.list().length, 2);
  t.same(
    store.list("other").map(({ metadata }) => metadata.name),
    ["c"],
  );
  t.end();
});

t.test("code that changes a shared object fails", (t) => {
  const store = makeStore();
  store.put(object("a", 1));
  t.throws(() => {
    const found = store.get(key);
    if (found?.metadata.labels !== undefined) found.metadata.labels.colour = "changed";
  }, TypeError);
  t.end();
});

t.test("indexes must be declared before the first object", (t) => {
  const store = makeStore();
  t.throws(() => store.addIndex("colour", () => []), /exists already/);
  store.put(object("a", 1));
  t.throws(() => store.addIndex("late", () => []), /before the cache starts/);
  t.throws(() => store.byIndex("absent", "x"), /index "absent" does not exist/);
  t.end();
});

t.test(
  "a store has not synced before its first list, and an assumption that is dropped leaves no trace in indexes",
  (t) => {
    const store = makeStore();
    t.equal(store.hasSynced, false);
    store.markSynced();
    t.equal(store.hasSynced, true);
    store.put(object("a", 5, { colour: "red" }));
    store.assume(object("a", 9, { colour: "blue" }));
    store.forget("ns/a");
    t.equal(store.byIndex("colour", "blue").length, 0);
    t.equal(store.byIndex("colour", "red").length, 1);
    t.equal(store.get(key)?.metadata.resourceVersion, "5");
    t.end();
  },
);
