import { deepStrictEqual } from "node:assert/strict";
import fc from "../../property.js";
import t from "tap";
import type { JsonPatchOperation } from "#src/runtime/client/client.js";
import { createJsonPatch } from "#src/runtime/webhook/json-patch.js";

/** RFC 6902, the operations that createJsonPatch gives. */
function apply(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  const root = { "": structuredClone(document) } as Record<string, unknown>;
  for (const operation of operations) {
    const segments = operation.path.split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = segments.pop() ?? "";
    let parent: unknown = segments.length === 0 ? root : root[""];
    for (const segment of segments.slice(1)) parent = (parent as Record<string, unknown>)[segment];
    if (Array.isArray(parent)) {
      if (operation.op === "remove") parent.splice(Number(last), 1);
      else if (operation.op === "add") parent.splice(last === "-" ? parent.length : Number(last), 0, operation.value);
      else if (operation.op === "replace") parent[Number(last)] = operation.value;
    } else {
      const object = parent as Record<string, unknown>;
      if (operation.op === "remove") Reflect.deleteProperty(object, last);
      else if ("value" in operation) {
        Object.defineProperty(object, last, {
          value: operation.value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      }
    }
  }
  return root[""];
}

const json = fc.jsonValue({ maxDepth: 4 }).map((value): unknown => JSON.parse(JSON.stringify(value)));

t.test("the patch of two values turns the one into the other", (t) => {
  fc.assert(
    fc.property(json, json, (before, after) => {
      deepStrictEqual(apply(before, createJsonPatch(before, after)), after);
    }),
  );
  t.end();
});

t.test("a member may have the name of what every object inherits", (t) => {
  const before = JSON.parse('{"valueOf":0,"constructor":{"a":1},"__proto__":1}') as unknown;
  t.strictSame(createJsonPatch(before, {}), [
    { op: "remove", path: "/valueOf" },
    { op: "remove", path: "/constructor" },
    { op: "remove", path: "/__proto__" },
  ]);
  t.strictSame(apply({}, createJsonPatch({}, before)), before);
  t.end();
});

t.test("equal values need no operation", (t) => {
  fc.assert(fc.property(json, (value) => createJsonPatch(value, structuredClone(value)).length === 0));
  t.end();
});

t.test("a field that is added, changed or removed takes one operation each", (t) => {
  t.same(createJsonPatch({ a: 1, b: { c: 2 }, "x/y~z": 1 }, { a: 1, b: { c: 3, d: 4 } }), [
    { op: "replace", path: "/b/c", value: 3 },
    { op: "add", path: "/b/d", value: 4 },
    { op: "remove", path: "/x~1y~0z" },
  ]);
  t.same(createJsonPatch({ list: [1] }, { list: [1, 2] }), [{ op: "add", path: "/list/-", value: 2 }]);
  t.end();
});
