/** The pure parts of the page. */
import fc from "fast-check";
import t from "tap";
import { parse } from "yaml";
import { awaitedBudget as awaitedByApi, budgetInWords } from "#src/api/budget.js";
import { amountText, awaitedBudget, shareSpent } from "#src/page/budget-text.js";
import { ageOf, duration } from "#src/page/duration.js";
import { layoutOf } from "#src/page/dependency-graph.js";
import { EventParser, maxEventLength, type ServerEvent } from "#src/page/event-stream.js";
import { filtersFrom, matcherOf, noFilters, queryOf } from "#src/page/filters.js";
import { backOff } from "#src/page/back-off.js";
import { bounds, LogBuffer } from "#src/page/log-buffer.js";
import { linkTarget, plainLine, plainText } from "#src/page/plain-text.js";
import { requestsFor } from "#src/page/requests.js";
import { RunCollection } from "#src/page/run-collection.js";
import { usageText } from "#src/page/usage-text.js";
import { visibleRows } from "#src/page/visible-rows.js";
import { yamlText } from "#src/page/yaml-text.js";
import type { RunSummary } from "#src/server/generated/rest.js";
import { exampleRun } from "./rest-model.js";

const run = (name: string, changes: Partial<RunSummary> = {}): RunSummary => ({
  ...{ kind: "TaskRun", namespace: "a", name, uid: name, phase: "Running", createdAt: "2026-01-02T03:04:05Z" },
  ...changes,
});

t.test("an event stream is read the same however it is cut into pieces", (t) => {
  const text =
    ': hello\n\nevent: run\nid: 7\ndata: {"a":\ndata: 1}\n\ndata: x\r\n\r\nid: 8\n\nevent: end\rdata:\r\rretry: 5\n\nevent: lost\n';
  const expected: ServerEvent[] = [
    { event: "run", data: '{"a":\n1}', id: "7" },
    { event: "message", data: "x", id: "7" },
    // a position without data
    { event: "message", data: "", id: "8" },
    { event: "end", data: "", id: "8" },
  ];
  const cuts = fc.array(fc.nat({ max: text.length }), { maxLength: 12 });
  fc.assert(
    fc.property(cuts, (at) => {
      const parser = new EventParser();
      const sorted = [0, ...at.sort((a, b) => a - b), text.length];
      const events = sorted.slice(1).flatMap((end, index) => parser.push(text.slice(sorted[index], end)));
      t.strictSame(events, expected);
    }),
    { numRuns: 100 },
  );
  t.end();
});

t.test("an event larger than any object ends the stream with an error", (t) => {
  const parser = new EventParser();
  const piece = "x".repeat(1024 * 1024);
  t.throws(() => {
    for (let bytes = 0; bytes <= maxEventLength; bytes += piece.length) parser.push(`data: ${piece}\n`);
  }, /an event of more than/);
  t.end();
});

t.test("YAML of any JSON value reads back as the same value", (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      t.strictSame(parse(yamlText(value)), JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 500 },
  );
  const texts = [
    "yes",
    "1e3",
    "2026-01-02",
    "~",
    "- a",
    "a: b",
    "#c",
    "a\nb",
    "a\n b\n\n",
    " a\nb\n",
    "\n",
    "a\u0085b\n",
    "tab\tx\ny",
    "null",
    "0x1f",
    "=",
    "a\n\n\n",
    "x: |\n  y\n",
  ];
  for (const text of texts)
    t.strictSame(parse(yamlText({ key: text, list: [text, [text]] })), { key: text, list: [text, [text]] });
  t.equal(
    yamlText({ spec: { files: [{ name: "task.md", content: "# A\n\nb\n" }], empty: {}, none: [] } }),
    "spec:\n  files:\n  - name: task.md\n    content: |\n      # A\n\n      b\n  empty: {}\n  none: []\n",
  );
  t.end();
});

t.test("filters and the URL's query say the same", (t) => {
  const some = {
    namespace: "team a&b",
    kinds: ["coderun", "taskrun"],
    phases: ["Running", "Failed"],
    service: "x",
    task: "7",
    text: "a b",
  };
  t.strictSame(filtersFrom(queryOf(some)), some);
  t.equal(queryOf(noFilters), "");
  t.strictSame(filtersFrom("?kind=pod&phase=Running&phase=Lost&phase=Running&kind=TaskRun"), {
    ...noFilters,
    kinds: ["taskrun"],
    phases: ["Running"],
  });
  t.equal(filtersFrom(`?text=${"x".repeat(9_999)}`).text.length, 253);
  t.end();
});

t.test("every word of the text has to occur, in any column", (t) => {
  const one = run("billing-task-1", { service: "billing", agent: "rex", reason: "OOMKilled", task: 1 });
  for (const [text, isShown] of [
    ["rex oom", true],
    ["REX", true],
    ["rex blaze", false],
    ["  ", true],
  ] as const)
    t.equal(matcherOf({ ...noFilters, text })(one), isShown, text);
  t.notOk(matcherOf({ ...noFilters, task: "11" })(one));
  t.notOk(matcherOf({ ...noFilters, service: "bill" })(one), "a service is its whole name");
  t.ok(matcherOf({ ...noFilters, task: "1", service: "billing", phases: ["Running"] })(one));
  t.end();
});

t.test(
  "a list stays in order through changes, and a deletion of an earlier run of a name removes no later one",
  (t) => {
    const runs = new RunCollection();
    runs.reset([run("b"), run("a"), run("new", { createdAt: "2026-02-02T03:04:05Z" })]);
    const names = (): string[] => runs.sorted().map(({ name }) => name);
    t.strictSame(names(), ["new", "a", "b"]);
    runs.apply({ type: "modified", run: run("b", { phase: "Failed" }) });
    runs.apply({ type: "added", run: run("aa") });
    runs.apply({ type: "deleted", run: run("a", { uid: "another" }) });
    t.strictSame(names(), ["new", "a", "aa", "b"]);
    t.equal(runs.sorted().at(-1)?.phase, "Failed");
    runs.apply({ type: "deleted", run: run("a") });
    t.strictSame(names(), ["new", "aa", "b"]);
    t.end();
  },
);

t.test("a log keeps its latest lines within its bounds, and counts the others", (t) => {
  const log = new LogBuffer();
  log.begin(1, "pod");
  log.append("first\nsec");
  t.strictSame(
    log.lines().map(({ text }) => text),
    ["Attempt 1, pod pod", "first", "sec"],
  );
  log.append("ond\n");
  log.append(`\u001b[1;31mred\u001b[0m \u001b]0;title\u0007end\r\n${"x".repeat(50_000)}\n`);
  t.strictSame(
    log
      .lines()
      .slice(2, 4)
      .map(({ text }) => text),
    ["second", "red end"],
  );
  t.match(log.lines()[4]?.text, /^x{4000} … \(longer/);
  for (let index = 0; index < bounds.lines + 500; index++) log.append(`${index}\n`);
  t.ok(log.lines().length <= bounds.lines);
  t.equal(log.lines().length + log.dropped, bounds.lines + 505);
  t.equal(log.lines().at(-1)?.text, String(bounds.lines + 499));
  const wide = new LogBuffer();
  for (let index = 0; index < 3_000; index++) wide.append(`${"y".repeat(bounds.line)}\n`);
  t.ok(wide.lines().reduce((sum, { text }) => sum + text.length, 0) <= bounds.characters);
  t.end();
});

t.test("dependencies are left of what waits for them, also indirectly, and cycles have a place", (t) => {
  const node = (name: string, ...dependsOn: string[]): { name: string; dependsOn: string[] } => ({ name, dependsOn });
  const { nodes, edges, columns, rows } = layoutOf([
    node("own", "a", "b"),
    node("a"),
    node("b", "c", "gone"),
    node("c"),
  ]);
  const column = Object.fromEntries(nodes.map((each) => [each.name, each.column]));
  t.strictSame(column, { own: 2, a: 0, b: 1, c: 0 });
  t.strictSame([columns, rows, edges.length], [3, 2, 3]);
  const cycle = layoutOf([node("x", "y"), node("y", "x")]);
  t.equal(new Set(cycle.nodes.map((each) => `${each.column} ${each.row}`)).size, 2);
  t.end();
});

t.test("requests are those that a run's state and the caller's rights allow", (t) => {
  const all = { update: true, delete: true, logs: true };
  const verbs = (phase: "Pending" | "Running" | "Failed" | "Cancelled", spec: object = {}, rights = all): string[] =>
    requestsFor({ ...exampleRun("r"), spec: { ...spec }, status: { phase } }, rights).map(({ verb }) => verb);
  t.strictSame(verbs("Running"), ["retry", "suspend", "cancel", "delete"]);
  t.strictSame(verbs("Pending", { suspend: true }), ["retry", "resume", "cancel", "delete"]);
  const suspended = { ...exampleRun("r"), spec: { suspend: true } };
  const resumed = (runs: { number: number; outcome?: string }[]): string =>
    requestsFor({ ...suspended, status: { phase: "Pending", runs } }, all)[1]?.effects[0] ?? "";
  t.match(resumed([{ number: 1 }]), /new pod for the attempt that was suspended/);
  t.match(resumed([{ number: 1, outcome: "Failed" }]), /Lets the next attempt start/);
  t.strictSame(verbs("Failed"), ["retry", "delete"]);
  t.strictSame(verbs("Cancelled", { cancel: true }), ["delete"]);
  t.strictSame(verbs("Running", { cancel: true }), ["delete"]);
  t.strictSame(verbs("Running", {}, { ...all, update: false }), ["delete"]);
  t.strictSame(verbs("Running", {}, { update: false, delete: false, logs: true }), []);
  const [retry] = requestsFor({ ...exampleRun("r"), status: { phase: "Running" } }, all);
  t.strictSame(retry?.body, { replace: true });
  t.match(retry?.effects.join(" "), /Stops the running attempt/);
  const [again] = requestsFor({ ...exampleRun("r"), status: { phase: "Failed" } }, all);
  t.equal(again?.body, undefined, "a run that has ended is not replaced");
  t.end();
});

t.test("links lead to http and https alone, and text shows what would be invisible", (t) => {
  t.equal(linkTarget("https://github.com/a/b/pull/1"), "https://github.com/a/b/pull/1");
  for (const text of [
    "javascript:alert(1)",
    "data:text/html,x",
    " https://a",
    "//a",
    "file:///etc",
    "https://",
    "HTTPS:a",
    "java\nscript:x",
  ])
    t.equal(linkTarget(text), undefined, text);
  t.equal(plainLine("a\u202eb\u0007\nc\u200bd"), "a·b· c·d");
  t.equal(plainText("a\r\n\tb\u001b[1m"), "a\n\tb·[1m");
  t.end();
});

t.test("what a run used is one line", (t) => {
  const usage = { inputTokens: 1205, outputTokens: 30, cacheReadTokens: 7000, requests: 4, costUSD: 1.239 };
  t.equal(usageText(usage), "$1.24: 1,205 tokens in, 30 out, 7,000 of caches; 4 requests");
  t.equal(
    usageText({ inputTokens: 5, requests: 1, unknownAttempts: 2 }),
    "5 tokens in, 0 out; 1 request; unknown for 2 of the attempts",
  );
  t.end();
});

t.test("amounts of a Budget are those that it limits, and its share is that of the nearer end", (t) => {
  const unknown = { costUSD: 1, tokens: 10 };
  t.equal(amountText({ costUSD: 5 }, { costUSD: 1.239, tokens: 7 }), "$1.24");
  t.equal(amountText({ costUSD: 5, tokens: 1 }, { tokens: 7_000 }), "$0.00, 7,000 tokens");
  const share = (limit: object): number =>
    shareSpent({ limit, spent: { costUSD: 1, tokens: 80 }, unmeasured: unknown });
  t.equal(share({ costUSD: 4 }), 0.5);
  t.equal(share({ costUSD: 4, tokens: 100 }), 0.9);
  t.equal(share({ tokens: 10 }), 1, "no more than all");
  t.equal(share({ costUSD: 0 }), 1, "one that allows nothing is spent");
  t.end();
});

t.test("the page reads the awaited Budget as the API does", (t) => {
  const name = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/);
  const namespace = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
  const text = fc.constantFrom("", ".", ": more", ", which", " ($1 a day)", "\nBudget x/y");
  const property = fc.property(
    fc.record({ namespace, name }),
    fc.constantFrom("BudgetExhausted", "BudgetTooSmall", "Running", undefined),
    text,
    (key, reason, after) => {
      const message = `Waiting for ${budgetInWords(key)}${after}`;
      const found = awaitedBudget(reason, message);
      t.strictSame(found, awaitedByApi(reason, message));
      t.same(found, reason?.startsWith("Budget") === true ? key : undefined);
    },
  );
  fc.assert(property, { numRuns: 200 });
  t.equal(awaitedBudget("BudgetExhausted", undefined), undefined);
  t.end();
});

t.test("times, back-off and visible rows", (t) => {
  t.strictSame([0, 59_999, 200_000, 3_600_000 * 25, 86_400_000 * 40].map(duration), [
    "0s",
    "59s",
    "3m20s",
    "1d1h",
    "40d",
  ]);
  t.equal(ageOf("never", 0), "–");
  t.strictSame(
    [0, 1, 5, 50].map((tries) => backOff(tries, 0)),
    [500, 1_000, 16_000, 30_000],
  );
  t.equal(backOff(50, 1), 15_000);
  fc.assert(
    fc.property(fc.nat(10_000), fc.nat(1_000_000), fc.nat(3_000), (count, top, view) => {
      const { first, end } = visibleRows(count, 40, top, view);
      const isComplete = Array.from({ length: count }, (_, row) => row)
        .filter((row) => row * 40 < top + view && (row + 1) * 40 > top)
        .every((row) => row >= first && row < end);
      t.ok(isComplete && end <= count && first >= Math.min(0, count - 1));
    }),
    { numRuns: 50 },
  );
  t.end();
});
