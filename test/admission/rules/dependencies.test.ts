import t from "tap";
import { admittedCodeRun } from "#src/kinds/coderun/admission.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { codeRun, lookupOf, taskRun, validateCodeRun, validateTaskRun } from "../runs.js";

t.test("a dependency cycle is denied with all of its runs", (t) => {
  const a = taskRun({ taskId: 1, dependsOn: ["b"] }, undefined, "a");
  const b = taskRun({ taskId: 2, dependsOn: ["c"] }, undefined, "b");
  const lookup = lookupOf(admittedTaskRun, a, b);
  t.match(validateTaskRun(taskRun({ dependsOn: ["a"] }, undefined, "c"), { lookup }).errors, [
    /^spec\.dependsOn: .*c -> a -> b -> c/,
  ]);
  t.strictSame(validateTaskRun(taskRun({ dependsOn: ["a"] }, undefined, "d"), { lookup }).errors, []);
  t.match(validateTaskRun(taskRun({ dependsOn: ["d"] }, undefined, "d")).errors, [/own name/]);
  t.end();
});

t.test("a run that does not exist yet is a warning, which offline says how much is known", (t) => {
  const waiting = taskRun({ dependsOn: ["x"] });
  t.match(validateTaskRun(waiting).warnings, [/TaskRun "x" does not exist in namespace default yet/]);
  const partial = { ...lookupOf(admittedTaskRun), partial: true };
  t.match(validateTaskRun(waiting, { lookup: partial }).warnings, [
    /^spec\.dependsOn: TaskRun "x" is not among these files; this run waits until it exists in namespace default/,
  ]);
  t.end();
});

t.test("a dependency is a run of the same kind", (t) => {
  const lookup = lookupOf(admittedCodeRun, codeRun({ taskId: 1, dependsOn: ["this"] }, undefined, "first"));
  t.match(validateCodeRun(codeRun({ dependsOn: ["first"] }), { lookup }).errors, [/this -> first -> this/]);
  t.match(validateCodeRun(codeRun({ dependsOn: ["gone"] })).warnings, [
    /CodeRun "gone" does not exist in namespace default yet/,
  ]);
  t.end();
});
