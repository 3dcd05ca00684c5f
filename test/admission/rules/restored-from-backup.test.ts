import t from "tap";
import { codeRun, taskRun, validate, validateCodeRun, validateTaskRun } from "../runs.js";
import { defaultRun } from "#src/admission/run.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";

const labels = { "velero.io/restore-name": "nightly-1" };
const restored = <R extends { metadata?: object }>(run: R): R => ({ ...run, metadata: { ...run.metadata, labels } });
const suspendOf = (run: ReturnType<typeof taskRun>, old?: ReturnType<typeof taskRun>): boolean | undefined =>
  defaultRun(admittedTaskRun, run, defaultConfiguration, old).spec.suspend;

t.test("a run of a restored backup is created suspended, with a warning that says why", (t) => {
  for (const { errors, warnings } of [validateTaskRun(restored(taskRun())), validateCodeRun(restored(codeRun()))]) {
    t.strictSame(errors, []);
    t.match(warnings, [/^spec\.suspend: set to true, because restore nightly-1 .*set it to false to run it$/]);
  }
  t.equal(suspendOf(restored(taskRun())), true);
  t.equal(suspendOf(restored(taskRun({ suspend: false }))), true);
  t.equal(suspendOf(taskRun()), false, "no other run is");
  t.end();
});

t.test("it can be resumed, and nothing warns then", (t) => {
  const oldObject = restored(taskRun({ suspend: true }));
  const resumed = restored(taskRun({ suspend: false }));
  t.strictSame(validate(admittedTaskRun, resumed, { oldObject }), { errors: [], warnings: [] });
  t.equal(suspendOf(resumed, oldObject), false);
  t.end();
});
