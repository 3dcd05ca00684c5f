import t from "tap";
import { codeRun, taskRun, validateCodeRun, validateTaskRun } from "../runs.js";

t.test("a cancelled run stays cancelled and cannot be retried", (t) => {
  const oldObject = taskRun({ cancel: true }, { phase: "Cancelled" });
  t.match(validateTaskRun(taskRun({ cancel: true, retryAttempt: 2 }), { oldObject }).errors, [
    /^spec\.retryAttempt: .*this TaskRun is cancelled.*create a new TaskRun/,
  ]);
  t.match(validateTaskRun(taskRun({ cancel: true, contextVersion: 2 }), { oldObject }).errors, [
    /^spec\.contextVersion: .*create a new TaskRun/,
  ]);
  t.match(validateTaskRun(taskRun({ cancel: false }), { oldObject }).errors, [/^spec\.cancel: .*stays cancelled/]);
  const code = codeRun({ cancel: true }, { phase: "Cancelled" });
  t.match(validateCodeRun(codeRun({ cancel: true, retryAttempt: 2 }), { oldObject: code }).errors, [
    /^spec\.retryAttempt: .*this CodeRun is cancelled/,
  ]);
  t.end();
});

t.test("a run that is not cancelled can be retried", (t) => {
  const oldObject = taskRun({}, { phase: "Failed" });
  t.strictSame(validateTaskRun(taskRun({ retryAttempt: 2 }), { oldObject }).errors, []);
  t.end();
});
