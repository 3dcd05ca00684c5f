import t from "tap";
import type { CodeRun, CodeRunStatus } from "#src/api/coderun.js";
import type { DocsRunSpec } from "#src/api/docsrun.js";
import type { TaskRunStatus } from "#src/api/taskrun.js";
import { admittedCodeRun } from "#src/kinds/coderun/admission.js";
import { admittedDocsRun } from "#src/kinds/docsrun/admission.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import type { RunLookup } from "#src/admission/context.js";
import { codeRun, docsRun, lookupOf, taskRun, validateCodeRun, validateDocsRun, validateTaskRun } from "../runs.js";

t.test("a second live TaskRun for a task is denied and names the first; an ended run does not count", (t) => {
  const other = (status?: TaskRunStatus): { lookup: RunLookup } => ({
    lookup: lookupOf(admittedTaskRun, taskRun({}, status, "other")),
  });
  t.match(validateTaskRun(taskRun(), other({ phase: "Running" })).errors, [/^spec\.taskId: .*"other" \(Running\)/]);
  t.match(validateTaskRun(taskRun(), other()).errors, [/"other" \(Pending\)/]);
  t.strictSame(validateTaskRun(taskRun(), other({ phase: "Failed" })).errors, []);
  t.strictSame(
    validateTaskRun(taskRun(), { lookup: lookupOf(admittedTaskRun, taskRun()) }).errors,
    [],
    "a run does not conflict with itself",
  );
  t.strictSame(
    validateTaskRun(taskRun({ priority: "low" }), { oldObject: taskRun(), ...other() }).errors,
    [],
    "the loser of a race can be changed",
  );
  const ended = taskRun({}, { phase: "Failed" });
  t.match(
    validateTaskRun(taskRun({ retryAttempt: 2 }), { oldObject: ended, ...other() }).errors,
    [/spec\.taskId/],
    "a manual retry after the end is checked like a creation",
  );
  t.end();
});

t.test("one CodeRun of an agent does a task; those of other agents and cancelled ones do not count", (t) => {
  const beside = (...others: CodeRun[]): string[] =>
    validateCodeRun(codeRun(), { lookup: lookupOf(admittedCodeRun, ...others) }).errors;
  const running: CodeRunStatus = { phase: "Running" };
  t.match(beside(codeRun({}, running, "first")), [
    /^spec\.taskId: .*CodeRun "first" \(Running\) already has task 7 of service "trader" for agent "rex"/,
  ]);
  t.strictSame(beside(codeRun({ githubApp: "5DLabs-Tess" }, running, "qa")), []);
  t.strictSame(beside(codeRun({ cancel: true }, running, "cancelled")), []);
  t.strictSame(beside(codeRun({}, { phase: "Failed" }, "failed")), []);
  t.end();
});

t.test("one DocsRun works on a directory and branch, however the repository's URL is written", (t) => {
  const beside = (changes: Partial<DocsRunSpec>): string[] =>
    validateDocsRun(docsRun(), { lookup: lookupOf(admittedDocsRun, docsRun(changes, "first")) }).errors;
  t.match(beside({ repositoryUrl: "git@github.com:A/b.git" }), [
    /^spec\.workingDirectory: .*DocsRun "first" \(Pending\)/,
  ]);
  t.strictSame(beside({ sourceBranch: "other" }), []);
  t.strictSame(beside({ workingDirectory: "elsewhere" }), []);
  t.end();
});
