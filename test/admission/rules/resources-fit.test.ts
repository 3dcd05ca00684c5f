import t from "tap";
import { taskRun, validateTaskRun } from "../runs.js";

t.test("requests do not exceed limits, and nothing is negative", (t) => {
  const resources = (cpu: string | number, limit: string | number): string[] =>
    validateTaskRun(taskRun({ resources: { requests: { cpu }, limits: { cpu: limit } } })).errors;
  t.strictSame(resources("500m", 1), []);
  t.strictSame(resources("1Gi", "1.1G"), []);
  t.match(resources(2, "1500m"), [/^spec\.resources\.requests\.cpu: .*must not exceed .*"1500m"/]);
  t.match(resources("-1", 1), [/must not be negative/]);
  t.end();
});
