import t from "tap";
import { strategicMerge } from "#src/runs/pod-template.js";

const under = {
  nodeSelector: { a: "1", b: "2" },
  tolerations: [{ key: "x" }],
  containers: [
    { name: "one", args: ["a", "b"], env: [{ name: "A", value: "1" }] },
    { name: "two", image: "i" },
  ],
};

void t.test("maps are merged, null removes, and plain lists are replaced", (t) => {
  t.strictSame(strategicMerge(under, { nodeSelector: { a: null, c: "3" }, tolerations: [{ key: "y" }] }), {
    ...under,
    nodeSelector: { b: "2", c: "3" },
    tolerations: [{ key: "y" }],
  });
  t.end();
});

void t.test("lists of named items are merged item by item", (t) => {
  const patch = { containers: [{ name: "one", args: ["c"], env: [{ name: "B", value: "2" }] }, { name: "three" }] };
  t.strictSame(strategicMerge(under, patch), {
    ...under,
    containers: [
      {
        name: "one",
        args: ["c"],
        env: [
          { name: "A", value: "1" },
          { name: "B", value: "2" },
        ],
      },
      { name: "two", image: "i" },
      { name: "three" },
    ],
  });
  t.end();
});

void t.test("$patch deletes an item, and replaces a map or a list", (t) => {
  const merged = strategicMerge(under, {
    nodeSelector: { $patch: "replace", z: "9" },
    containers: [{ name: "two", $patch: "delete" }],
  });
  t.strictSame(merged, { ...under, nodeSelector: { z: "9" }, containers: [under.containers[0]] });
  t.strictSame(strategicMerge(under, { containers: [{ $patch: "replace" }, { name: "x" }] }), {
    ...under,
    containers: [{ name: "x" }],
  });
  t.end();
});

void t.test("the inputs are not modified", (t) => {
  const before = JSON.stringify(under);
  strategicMerge(under, { containers: [{ name: "one", env: [{ name: "A", value: "9" }] }], nodeSelector: null });
  t.equal(JSON.stringify(under), before);
  t.end();
});
