import t from "tap";
import { codeRun, taskRun, validateCodeRun, validateTaskRun } from "../runs.js";

t.test("while an attempt is running, its fields change only together with a new attempt", (t) => {
  const oldObject = taskRun({}, { phase: "Running" });
  t.match(validateTaskRun(taskRun({ model: "opus" }), { oldObject }).errors, [
    /^spec\.model: Forbidden: cannot change while an attempt is running.*contextVersion: 2/,
  ]);
  t.strictSame(validateTaskRun(taskRun({ model: "opus", contextVersion: 2 }), { oldObject }).errors, []);
  t.strictSame(validateTaskRun(taskRun({ model: "opus", retryAttempt: 2 }), { oldObject }).errors, []);
  t.strictSame(validateTaskRun(taskRun({ priority: "low", suspend: true }), { oldObject }).errors, []);
  t.strictSame(
    validateTaskRun(taskRun({ model: "opus" }), { oldObject: taskRun({}, { phase: "Pending" }) }).errors,
    [],
  );
  t.end();
});

t.test("after the end of a run such a change is a warning", (t) => {
  const oldObject = taskRun({}, { phase: "Succeeded" });
  const { errors, warnings } = validateTaskRun(taskRun({ model: "opus" }), { oldObject });
  t.strictSame(errors, []);
  t.match(warnings, [/^spec\.model: the change has no effect by itself; .*contextVersion: 2/]);
  t.end();
});

t.test("every field of a CodeRun but those that control it is frozen; immutable ones are left to the schema", (t) => {
  const oldObject = codeRun({}, { phase: "Running" });
  t.match(validateCodeRun(codeRun({ env: { A: "b" }, docsBranch: "next" }), { oldObject }).errors, [
    /^spec\.env: Forbidden: .*contextVersion: 2/,
    /^spec\.docsBranch: Forbidden/,
  ]);
  t.strictSame(validateCodeRun(codeRun({ env: { A: "b" }, contextVersion: 2 }), { oldObject }).errors, []);
  t.strictSame(validateCodeRun(codeRun({ priority: "low", suspend: true }), { oldObject }).errors, []);
  t.match(validateCodeRun(codeRun({ service: "other" }), { oldObject }).errors, [
    /^spec\.service: .*create another CodeRun/,
  ]);
  t.end();
});
