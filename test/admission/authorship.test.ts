/** The record of who asked for a run, which no request can change. */
import t from "tap";
import { withAuthorship } from "#src/admission/defaults/authorship.js";
import type { TaskRun } from "#src/api/taskrun.js";
import { taskRun } from "./runs.js";

const [createdBy, requestedBy] = ["orchestrator.io/created-by", "orchestrator.io/attempt-requested-by"];

function annotated(annotations: Record<string, string>, spec: Partial<TaskRun["spec"]> = {}): TaskRun {
  const run = taskRun(spec);
  return { ...run, metadata: { ...run.metadata, annotations } };
}

const create = (object: TaskRun, username?: string): TaskRun =>
  withAuthorship(object, { operation: "CREATE", userInfo: { ...(username !== undefined && { username }) } });
const update = (object: TaskRun, oldObject: TaskRun, username = "joe"): TaskRun =>
  withAuthorship(object, { operation: "UPDATE", oldObject, userInfo: { username } });

t.test("a new run records its creator, with any annotation in the request", (t) => {
  t.same(create(taskRun(), "jane").metadata?.annotations, { [createdBy]: "jane" });
  const forged = annotated({ [createdBy]: "root", [requestedBy]: "root", other: "kept" });
  t.same(create(forged, "jane").metadata?.annotations, { other: "kept", [createdBy]: "jane" });
  t.equal(create(taskRun(), "x".repeat(300)).metadata?.annotations?.[createdBy]?.length, 256);
  const forgedUser = create(taskRun(), ["jane"] as unknown as string);
  t.equal(forgedUser.metadata?.annotations?.[createdBy], "", "not every review comes from an API server");
  const once = create(taskRun(), "jane");
  t.equal(create(once, "jane"), once, "nothing changes twice");
  t.end();
});

t.test("an update keeps the record, and cannot add or remove it", (t) => {
  const stored = annotated({ [createdBy]: "jane" });
  t.equal(update(stored, stored), stored);
  t.same(update(annotated({ [createdBy]: "joe" }), stored).metadata?.annotations, { [createdBy]: "jane" });
  t.same(update(taskRun(), stored).metadata?.annotations, { [createdBy]: "jane" });
  t.same(update(annotated({ [createdBy]: "joe", [requestedBy]: "joe" }), taskRun()).metadata?.annotations, {});
  t.end();
});

t.test("whoever raises retryAttempt or contextVersion is recorded", (t) => {
  const stored = annotated({ [createdBy]: "jane" });
  for (const raised of [{ retryAttempt: 2 }, { contextVersion: 2 }]) {
    const next = update(annotated({ [createdBy]: "jane" }, raised), stored);
    t.same(next.metadata?.annotations, { [createdBy]: "jane", [requestedBy]: "joe" });
    const later = update(next, next, "eve");
    t.equal(later, next, "and stays until the next request");
  }
  t.end();
});

t.test("a malformed object is left to the schema", (t) => {
  for (const metadata of [undefined, 1, { annotations: "x" }]) {
    const object = { ...taskRun(), metadata } as unknown as TaskRun;
    t.equal(create(object, "jane"), object);
  }
  t.end();
});
