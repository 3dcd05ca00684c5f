import t from "tap";
import { parseDocument, type YAMLMap } from "yaml";
import { placeOf } from "#src/runtime/input/yaml-place.js";

const text = `metadata:
  labels: { a: 1, a.b: 2, "a[c]": 3 }
spec:
  files:
    - name: x
    - content: y
`;
const root = parseDocument(text).contents;
const at = (path: string): string => text.slice(placeOf(root, path)).split(/[\n,} ]/, 1)[0] ?? "";

t.test("a field is found by its path", (t) => {
  for (const [path, begin] of [
    ["spec.files[1].content", "y"],
    ["spec.files[0]", "name:"],
    ["spec.files", "files:"],
    ["metadata.labels.a", "1"],
    ["metadata.labels[a.b]", "2"],
    ["metadata.labels.a.b", "2"],
    ["metadata.labels.a.x", "1"],
    ["spec.files[7].content", "files:"],
    ["spec.missing", "spec:"],
    ["", "metadata:"],
  ] as const)
    t.equal(at(path), begin, path);
  t.end();
});

t.test("a key that came to a map after it was searched is found, too", (t) => {
  const [map, other] = ["a: 1\n", "      b: 2\n"].map((each) => parseDocument(each).contents as YAMLMap);
  t.equal(placeOf(map ?? null, "b"), 0);
  map?.items.push(...(other?.items ?? []));
  t.equal(placeOf(map ?? null, "b"), 9);
  t.end();
});
