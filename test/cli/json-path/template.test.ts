/** `-o jsonpath=`: kubectl's dialect. The expected texts are what kubectl prints. */
import t from "tap";
import { JsonPathError } from "#src/cli/json-path/path.js";
import { parseTemplate, renderTemplate } from "#src/cli/json-path/template.js";

const value = {
  kind: "List",
  items: [
    { metadata: { name: "a", labels: { "orchestrator.io/task-id": "1" } }, status: { phase: "Running", attempts: 2 } },
    { metadata: { name: "b" }, status: { phase: "Failed", attempts: 3, runs: [{ number: 1 }, { number: 2 }] } },
    { metadata: { name: "c" } },
  ],
};
const render = (template: string): string => renderTemplate(parseTemplate(template), value);

for (const [template, text] of [
  ["{.kind}", "List"],
  ["{$.kind}", "List"],
  [".kind", "List"],
  ["kind", "List"],
  ["{.items[0].metadata.name}", "a"],
  ["{.items[-1].metadata.name}", "c"],
  ["{.items[*].metadata.name}", "a b c"],
  ["{.items[0:2].metadata.name}", "a b"],
  ["{.items[1:].metadata.name}", "b c"],
  ["{.items[0]['metadata']['name']}", "a"],
  ['{.items[0]["metadata"].name}', "a"],
  ["{.items[0].metadata['name','labels']}", 'a {"orchestrator.io/task-id":"1"}'],
  ["{.items[0].metadata.labels.orchestrator\\.io/task-id}", "1"],
  ["{.items[*].status.attempts}", "2 3"],
  ['{.items[?(@.status.phase=="Failed")].metadata.name}', "b"],
  ["{.items[?(@.status.phase != 'Failed')].metadata.name}", "a"],
  ["{.items[?(@.status.attempts>=3)].metadata.name}", "b"],
  ["{.items[?(@.status.runs)].metadata.name}", "b"],
  ["{..number}", "1 2"],
  ["{.items[0].status.*}", "Running 2"],
  ['{range .items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}', "a\tRunning\nb\tFailed\nc\t\n"],
  ["{range .items[*]}{range .status.runs[*]}{.number},{end};{end}", ";1,2,;;"],
  ["phase: {.items[0].status.phase}!", "phase: Running!"],
  ["{.nothing.at.all}", ""],
  ["{.items[9].metadata}", ""],
  ["{.constructor}", ""],
  ["{.items[1].status.runs}", '[{"number":1},{"number":2}]'],
] as const)
  t.test(`${template} gives ${JSON.stringify(text)}`, (t) => {
    t.equal(render(template), text);
    t.end();
  });

for (const [template, message] of [
  ["", /is empty/],
  ["{.a", /expected \} at the end/],
  ["{.a[}", /expected a number, \*, a field in quotes or \?\(filter\) at "\}"/],
  ["{.a[0}", /expected \] at "\}"/],
  ["{.a[?(@.b==)]}", /expected @\.field, a number or text in quotes at "\)\]\}"/],
  ["{range .a}{.b}", /has a \{range\} without its \{end\}/],
  ["{end}", /has an \{end\} without its \{range\}/],
  ["{.a b}", /expected \} at "b\}"/],
  ["x".repeat(10_001), /has more than 10000 characters/],
  ["{range .a}".repeat(40), /nested deeper than 16 levels/],
] as const)
  t.test(`${template.slice(0, 30)} is refused: ${message.source}`, (t) => {
    t.throws(() => parseTemplate(template), { name: "JsonPathError", message });
    t.end();
  });

t.test("a path that multiplies what it finds is bounded", (t) => {
  const wide = Array.from({ length: 2_000 }, () => Array.from({ length: 100 }, () => 1));
  t.throws(() => renderTemplate(parseTemplate("{..*}"), wide), JsonPathError);
  t.end();
});
