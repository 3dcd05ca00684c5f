import t from "tap";
import { taskRun, validateTaskRun } from "../runs.js";
import type { TaskRunSpec } from "#src/api/taskrun.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";

const configuration: Configuration = { ...defaultConfiguration, kueue: { enabled: true } };

t.test("a queue can be named if the configuration uses Kueue", (t) => {
  t.match(validateTaskRun(taskRun({ queueName: "team" })).errors, [/^spec\.queueName: Forbidden: .*kueue\.enabled/]);
  t.strictSame(validateTaskRun(taskRun({ queueName: "" })).errors, []);
  t.strictSame(validateTaskRun(taskRun({ queueName: "team" }), { configuration }).errors, []);
  t.match(validateTaskRun(taskRun({ queueName: "Team_A" }), { configuration }).errors, [
    /^spec\.queueName: Invalid value/,
  ]);
  t.end();
});

t.test("the queue of an attempt that waits can be changed, but not removed", (t) => {
  const oldObject = taskRun({ queueName: "team" }, { phase: "Pending", reason: "Queued" });
  const change = (spec: Partial<TaskRunSpec>): readonly unknown[] =>
    validateTaskRun(taskRun(spec), { oldObject, configuration }).errors;
  t.strictSame(change({ queueName: "other" }), []);
  t.match(change({ queueName: "" }), [
    /^spec\.queueName: Forbidden: cannot be removed .* in queue team.*contextVersion: 2/,
  ]);
  t.strictSame(change({ queueName: "", contextVersion: 2 }), []);
  t.strictSame(validateTaskRun(taskRun({ queueName: "team" }), { oldObject }).errors, [], "as it was, without Kueue");
  t.end();
});
