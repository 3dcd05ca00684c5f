import t from "tap";
import { taskRun, validateTaskRun } from "../runs.js";

t.test("a missing ServiceAccount is a warning, and unknown offline", (t) => {
  const surroundings = { serviceAccountExists: () => false };
  const run = taskRun({ serviceAccountName: "sa" });
  t.match(validateTaskRun(run, { surroundings }), {
    errors: [],
    warnings: [/ServiceAccount "sa" does not exist in namespace default yet/],
  });
  t.strictSame(validateTaskRun(run).warnings, [], "offline it is not known");
  t.strictSame(validateTaskRun(run, { surroundings: { serviceAccountExists: () => true } }).warnings, []);
  const low = taskRun({ serviceAccountName: "sa", priority: "low" });
  t.strictSame(validateTaskRun(low, { surroundings, oldObject: run }).warnings, [], "not of an unchanged field");
  t.end();
});
