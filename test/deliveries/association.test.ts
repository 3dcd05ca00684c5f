/** Which task an event belongs to. */
import t from "tap";
import { taskNumber, taskOf, type TaskEvidence } from "#src/deliveries/association.js";

const branch = "feature/task-5-implementation";

t.test("all evidence has to name the same task", (t) => {
  const cases: [string, TaskEvidence, number | "none" | "conflict"][] = [
    ["nothing", { labels: [] }, "none"],
    ["a label", { labels: ["bug", "task-5"] }, 5],
    ["a label in other case", { labels: ["Task-5"] }, 5],
    ["two equal labels", { labels: ["task-5", "task-05"] }, 5],
    ["two labels", { labels: ["task-5", "task-6"] }, "conflict"],
    ["a label with more than a number", { labels: ["task-5-old", "subtask-5", "task-"] }, "none"],
    ["task 0", { labels: ["task-0"] }, "none"],
    ["a number that no run can have", { labels: ["task-4294967296"] }, "none"],
    ["a branch", { labels: [], branch }, 5],
    ["a short branch", { labels: [], branch: "task-7" }, 7],
    ["a branch of somebody else", { labels: [], branch: "fix/task-7" }, "none"],
    ["a branch with a line break", { labels: [], branch: "task-7-a\nb" }, 7],
    ["a branch that only begins so", { labels: [], branch: "feature/task-51x" }, "none"],
    ["label and branch", { labels: ["task-5"], branch }, 5],
    ["label against branch", { labels: ["task-6"], branch }, "conflict"],
    ["the file alone", { labels: [], markers: { current: 5, directories: [] } }, 5],
    ["the file against the branch", { labels: [], branch, markers: { current: 6, directories: [] } }, "conflict"],
    ["one directory alone", { labels: [], markers: { directories: [5] } }, 5],
    ["one directory against the branch", { labels: [], branch, markers: { directories: [6] } }, "conflict"],
    ["directories of earlier tasks, too", { labels: [], branch, markers: { directories: [4, 5] } }, 5],
    ["directories of earlier tasks alone", { labels: [], markers: { directories: [4, 5] } }, "none"],
    ["directories without this task", { labels: [], branch, markers: { directories: [3, 4] } }, "conflict"],
    ["all", { labels: ["task-5"], branch, markers: { current: 5, directories: [5] } }, 5],
  ];
  for (const [words, evidence, expected] of cases) {
    const found = taskOf(evidence);
    t.equal("task" in found ? found.task : found.problem, expected, words);
  }
  t.end();
});

t.test("a disagreement is reported with its sources", (t) => {
  const found = taskOf({ labels: ["task-6"], branch, markers: { directories: [6, 7] } });
  t.match(found, {
    message:
      "The task is not certain: label task-6 names task 6; branch feature/task-5-implementation names task 5. Remove what is wrong.",
  });
  t.end();
});

t.test("a task's number is an integer of 32 bits, or its digits", (t) => {
  t.same([5, "5", 0, -1, 1.5, "5a", "", null, 2 ** 31, {}].map(taskNumber), [
    ...[5, 5, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined],
  ]);
  t.end();
});
