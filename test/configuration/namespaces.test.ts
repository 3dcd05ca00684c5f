import t from "tap";
import type { Reader } from "#src/runtime/cache/reader.js";
import type { Namespace, Stored } from "#src/runtime/client/objects.js";
import { isChosen, NamespaceScope } from "#src/configuration/namespaces.js";
import { parseConfiguration } from "#src/configuration/parse.js";

const labels: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  a: { tenant: "x", tier: "1" },
  b: { tenant: "x" },
  c: { other: "" },
};

/** Which of the namespaces a configuration chooses; `d` is not known yet. */
function chosen(yaml: string): string {
  const { configuration, problems } = parseConfiguration(yaml);
  if (configuration === undefined) throw new Error(JSON.stringify(problems));
  return ["a", "b", "c", "d"].filter((name) => isChosen(configuration.namespaces, name, () => labels[name])).join("");
}

void t.test("all, a list, and label selectors as Kubernetes has them", (t) => {
  for (const [yaml, wanted] of [
    ["", "abcd"],
    ["namespaces: all", "abcd"],
    ["namespaces: {}", "abcd"],
    ["namespaces: [a, d]", "ad"],
    ["namespaces: {matchLabels: {tenant: x}}", "ab"],
    ["namespaces: {matchLabels: {tenant: x, tier: '1'}}", "a"],
    ["namespaces: {matchExpressions: [{key: tenant, operator: In, values: [x, y]}]}", "ab"],
    ["namespaces: {matchExpressions: [{key: tier, operator: NotIn, values: ['1']}]}", "bc"],
    ["namespaces: {matchExpressions: [{key: other, operator: Exists}]}", "c"],
    ["namespaces: {matchExpressions: [{key: tier, operator: DoesNotExist}], matchLabels: {tenant: x}}", "b"],
    ["namespaces: {names: [a, c], matchLabels: {tenant: x}}", "a"],
  ] as const)
    t.equal(chosen(yaml), wanted, yaml);
  t.end();
});

void t.test("a cache within the scope shows its namespaces only, by every way to read it", (t) => {
  const stored = (namespace: string): Stored<Namespace> => ({
    metadata: { name: "n", namespace, uid: namespace, resourceVersion: "1" },
  });
  const all = ["a", "b", "c"].map(stored);
  const reader: Reader<Namespace> = {
    hasSynced: true,
    get: ({ namespace = "" }) => stored(namespace),
    list: () => all,
    byIndex: () => all,
  };
  let names: readonly string[] | undefined = ["b"];
  const scope = new NamespaceScope({ choice: () => (names === undefined ? {} : { names }), namespaces: reader });
  const within = scope.within(reader);
  const seen = (objects: readonly Stored<Namespace>[]): unknown[] => objects.map(({ metadata }) => metadata.namespace);
  t.same([seen(within.list()), seen(within.byIndex("i", "v"))], [["b"], ["b"]]);
  t.equal(within.get({ namespace: "a", name: "n" }), undefined);
  t.ok(within.get({ namespace: "b", name: "n" }));
  names = undefined;
  t.equal(within.list(), all, "nothing is copied where all are looked after");
  t.end();
});
