import fc from "../property.js";
import t from "tap";
import { findCondition, isConditionTrue, removeCondition, setCondition } from "#src/api/conditions.js";
import { isLive, isTerminal, phases } from "#src/api/phase.js";
import { CodeRuns } from "#src/api/coderun.js";
import { DocsRuns } from "#src/api/docsrun.js";
import { labelsOf, TaskRuns } from "#src/api/taskrun.js";
import type { Condition } from "#src/runtime/client/objects.js";

const ready = (status: Condition["status"], message = "m"): Omit<Condition, "lastTransitionTime"> => ({
  type: "Ready",
  status,
  reason: "R",
  message,
});

t.test("the time of a condition changes with its status and with nothing else", (t) => {
  const first = setCondition(undefined, ready("False"), "2024-01-01T00:00:00Z");
  const reworded = setCondition(first, ready("False", "other"), "2024-01-02T00:00:00Z");
  t.match(findCondition(reworded, "Ready"), { message: "other", lastTransitionTime: "2024-01-01T00:00:00Z" });
  const turned = setCondition(reworded, ready("True"), "2024-01-03T00:00:00Z");
  t.match(findCondition(turned, "Ready"), { status: "True", lastTransitionTime: "2024-01-03T00:00:00Z" });
  t.ok(isConditionTrue(turned, "Ready"));
  t.notOk(isConditionTrue(first, "Ready"));
  t.end();
});

t.test("a condition that says the same again gives the same list", (t) => {
  const list = setCondition([], ready("True"), "2024-01-01T00:00:00Z");
  t.equal(setCondition(list, ready("True"), "2025-01-01T00:00:00Z"), list);
  t.equal(removeCondition(list, "Other"), list);
  t.strictSame(removeCondition(list, "Ready"), []);
  t.end();
});

t.test("however conditions are set, each type is there once, where it was", (t) => {
  const step = fc.record({ type: fc.constantFrom("A", "B", "C"), status: fc.constantFrom("True", "False", "Unknown") });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const list = steps.reduce<readonly Condition[]>(
        (all, { type, status }, index) =>
          setCondition(all, { type, status: status, reason: "R", message: "" }, `t${index}`),
        [],
      );
      const order = [...new Set(steps.map(({ type }) => type))];
      return JSON.stringify(list.map(({ type }) => type)) === JSON.stringify(order);
    }),
  );
  t.pass();
  t.end();
});

t.test("three phases are final, and a final or deleted run is not live", (t) => {
  t.strictSame(phases.filter(isTerminal), ["Succeeded", "Failed", "Cancelled"]);
  t.ok(isLive({}));
  t.notOk(isLive({ status: { phase: "Failed" } }));
  t.notOk(isLive({ metadata: { deletionTimestamp: "2024-01-01T00:00:00Z" }, status: { phase: "Running" } }));
  t.end();
});

t.test("labels repeat the spec under both names", (t) => {
  t.strictSame(labelsOf({ taskId: 7, serviceName: "auth" }), {
    "orchestrator.io/task-id": "7",
    "task-id": "7",
    "orchestrator.io/service": "auth",
    service: "auth",
  });
  t.end();
});

t.test("the three kinds are siblings: one group and version, and all in namespaces", (t) => {
  for (const type of [TaskRuns, CodeRuns, DocsRuns])
    t.match(type, { group: "orchestrator.io", version: "v1", namespaced: true, plural: `${type.kind.toLowerCase()}s` });
  t.end();
});
