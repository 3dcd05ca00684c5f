import t from "tap";
import { isDnsSubdomain, isLabelValue, validateObjectMeta } from "#src/runtime/schema/object-meta.js";

const fields = (metadata: unknown): string[] => validateObjectMeta(metadata).map(({ field }) => field);

t.test("a name or the beginning of one is wanted", (t) => {
  t.strictSame(fields({ name: "a.b-1" }), []);
  t.strictSame(fields({ generateName: "a-" }), []);
  t.strictSame(fields({}), ["metadata.name"]);
  t.strictSame(fields(undefined), ["metadata.name"]);
  t.strictSame(fields({ name: "A_b" }), ["metadata.name"]);
  t.strictSame(fields({ name: 5 }), ["metadata.name"]);
  t.end();
});

t.test("labels, annotations and finalizers are checked as far as people write them", (t) => {
  t.strictSame(
    fields({
      name: "a",
      labels: { "example.com/a": "b", c: "" },
      annotations: { a: "any thing" },
      finalizers: ["a.b/c"],
    }),
    [],
  );
  t.strictSame(fields({ name: "a", labels: { "a b": "c" } }), ["metadata.labels"]);
  t.strictSame(fields({ name: "a", labels: { a: "b c" } }), ["metadata.labels"]);
  t.strictSame(fields({ name: "a", labels: { a: 5 } }), ["metadata.labels[a]"]);
  t.strictSame(fields({ name: "a", labels: [] }), ["metadata.labels"]);
  t.strictSame(fields({ name: "a", annotations: { a: "x".repeat(300_000) } }), ["metadata.annotations"]);
  t.strictSame(fields({ name: "a", finalizers: ["x", 5] }), ["metadata.finalizers[0]", "metadata.finalizers[1]"]);
  t.strictSame(fields({ name: "a", namespace: "a.b" }), ["metadata.namespace"]);
  t.end();
});

t.test("names and label values have their lengths", (t) => {
  t.ok(isDnsSubdomain("a".repeat(253)));
  t.notOk(isDnsSubdomain("a".repeat(254)));
  t.ok(isLabelValue("a".repeat(63)));
  t.notOk(isLabelValue("a".repeat(64)));
  t.end();
});
