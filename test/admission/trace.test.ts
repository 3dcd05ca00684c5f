/** The trace that a run keeps from the request that created it. */
import t from "tap";
import { withTrace } from "#src/admission/defaults/trace.js";
import { attemptTraceparent } from "#src/api/trace.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { isTraceparent, parseTraceparent } from "#src/runtime/tracing/traceparent.js";
import { taskRun } from "./runs.js";

const annotation = "orchestrator.io/traceparent";
const [theirs, ours] = [`00-${"a".repeat(32)}-${"b".repeat(16)}-01`, `00-${"c".repeat(32)}-${"d".repeat(16)}-00`];

function annotated(value: string): TaskRun {
  const run = taskRun();
  return { ...run, metadata: { ...run.metadata, annotations: { [annotation]: value, other: "kept" } } };
}

const create = (object: TaskRun, traceparent?: string): TaskRun =>
  withTrace(object, { operation: "CREATE", ...(traceparent !== undefined && { traceparent }) });
const update = (object: TaskRun, oldObject: TaskRun): TaskRun =>
  withTrace(object, { operation: "UPDATE", oldObject, traceparent: ours });

t.test("only the W3C grammar of version 00 is a traceparent", (t) => {
  for (const valid of [theirs, ours, `00-${"0".repeat(31)}1-${"0".repeat(15)}1-03`]) t.ok(isTraceparent(valid), valid);
  const invalid = [
    ...["", undefined, 1, [theirs], `${theirs}-x`, ` ${theirs}`, `${theirs}\n`, theirs.toUpperCase()],
    ...[theirs.replace("00-", "ff-"), theirs.replace("00-", "01-"), theirs.slice(0, -1), theirs.replace(/01$/, "ff")],
    ...[theirs.replace(/a/g, "0"), theirs.replace(/b/g, "0"), theirs.replace(/a/g, "g"), "x".repeat(100_000)],
  ];
  for (const value of invalid) t.notOk(isTraceparent(value), String(value).slice(0, 80));
  t.same(parseTraceparent(theirs), {
    traceId: "a".repeat(32),
    spanId: "b".repeat(16),
    traceFlags: 1,
    isRemote: true,
  });
  t.equal(parseTraceparent("x"), undefined);
  t.end();
});

t.test("a new run has its own valid value, else that of the request, else none", (t) => {
  t.equal(create(annotated(theirs), ours).metadata?.annotations?.[annotation], theirs);
  t.equal(create(taskRun(), ours).metadata?.annotations?.[annotation], ours);
  t.same(create(annotated("forged"), ours).metadata?.annotations, { [annotation]: ours, other: "kept" });
  t.same(create(annotated("forged")).metadata?.annotations, { other: "kept" });
  const plain = taskRun();
  t.equal(create(plain), plain);
  const once = create(taskRun(), ours);
  t.equal(create(once, theirs), once, "a second call of the webhook changes nothing");
  t.end();
});

t.test("an update keeps the value, and cannot add or remove it", (t) => {
  const stored = annotated(theirs);
  t.equal(update(stored, stored), stored);
  t.equal(update(taskRun(), stored).metadata?.annotations?.[annotation], theirs);
  t.same(update(annotated(ours), taskRun()).metadata?.annotations, { other: "kept" });
  t.end();
});

t.test("a malformed object is left to the schema", (t) => {
  for (const metadata of [undefined, 1, { annotations: "x" }]) {
    const object = { ...taskRun(), metadata } as unknown as TaskRun;
    t.equal(create(object, ours), object);
  }
  t.end();
});

t.test("each attempt has its own span in the trace of the run", (t) => {
  const run = { metadata: { ...annotated(theirs).metadata, uid: "u-1" } };
  const [first, second] = [attemptTraceparent(run, 1), attemptTraceparent(run, 2)];
  t.ok(isTraceparent(first) && isTraceparent(second));
  t.match(first, new RegExp(`^00-${"a".repeat(32)}-[0-9a-f]{16}-01$`));
  t.not(first, second);
  t.equal(first, attemptTraceparent(run, 1));
  t.equal(attemptTraceparent(annotated("forged"), 1), undefined);
  t.end();
});
