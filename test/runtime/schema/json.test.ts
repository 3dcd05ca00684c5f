import fc from "../../property.js";
import t from "tap";
import { copyJson } from "#src/runtime/schema/json.js";

t.test("a copy of a JSON value is equal to it, with any names of members", (t) => {
  const text = fc.oneof(fc.json(), fc.constant('{"__proto__":{"a":[1]},"constructor":null,"0":"x"}'));
  fc.assert(
    fc.property(text, (json) => {
      const value: unknown = JSON.parse(json);
      return JSON.stringify(copyJson(value)) === JSON.stringify(value);
    }),
  );
  t.end();
});

t.test("a change of a copy does not reach what was copied", (t) => {
  const original = { list: [{ name: "a" }], map: { b: { c: 1 } } };
  const copy = copyJson(original);
  const [first] = copy.list;
  if (first !== undefined) first.name = "changed";
  copy.map.b.c = 2;
  t.same(original, { list: [{ name: "a" }], map: { b: { c: 1 } } });
  t.end();
});
