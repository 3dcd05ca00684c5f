import t from "tap";
import type { TaskRunSpec } from "#src/api/taskrun.js";
import { taskRun, validateTaskRun } from "../runs.js";

t.test("files are counted with their names, in bytes, against the limit of a ConfigMap", (t) => {
  const files = (bytes: number): Partial<TaskRunSpec> => ({
    markdownFiles: [{ filename: "a.md", content: "é".repeat((bytes - 4) / 2) }],
  });
  t.strictSame(validateTaskRun(taskRun(files(1_015_808))).errors, []);
  t.match(validateTaskRun(taskRun(files(1_015_810))).errors, [
    /^spec\.markdownFiles: .*1015810 bytes.*2 more than the 1015808.*"a\.md" \(1015810 bytes\)/,
  ]);
  t.end();
});
