import t from "tap";
import type { TaskRunSpec } from "#src/api/taskrun.js";
import { taskRun, validateTaskRun } from "../runs.js";

t.test("files are counted with their names, in bytes, against the limit of a ConfigMap", (t) => {
  const files = (bytes: number): Partial<TaskRunSpec> => ({
    markdownFiles: [{ filename: "a.md", content: "é".repeat((bytes - 4) / 2) }],
  });
  t.strictSame(validateTaskRun(taskRun(files(950_272))).errors, []);
  t.match(validateTaskRun(taskRun(files(950_274))).errors, [
    /^spec\.markdownFiles: .*950274 bytes.*2 more than the 950272.*"a\.md" \(950274 bytes\)/,
  ]);
  t.end();
});
