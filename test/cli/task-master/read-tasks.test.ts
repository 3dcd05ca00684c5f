/** Task Master directories, in the shapes that are found in the wild. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { readTasks, type TaskList } from "#src/cli/task-master/read-tasks.js";
import { findTaskDirectory } from "#src/cli/task-master/task-directory.js";
import type { Task } from "#src/cli/task-master/task.js";

/** Reads a `tasks.json` with this content. */
function read(t: Test, tasks: unknown, { tag, state }: { tag?: string; state?: object } = {}): TaskList {
  const text = typeof tasks === "string" ? tasks : JSON.stringify(tasks);
  const directory = t.testdir({
    ".taskmaster": {
      tasks: { "tasks.json": text },
      ...(state && { "state.json": JSON.stringify(state) }),
    },
  });
  return readTasks(findTaskDirectory(directory), tag);
}
const ids = ({ tasks }: TaskList): string[] => tasks.map(({ id }) => id);
const refused = (t: Test, tasks: unknown, message: RegExp, options: { tag?: string; state?: object } = {}): void => {
  t.throws(() => read(t, tasks, options), { name: "OperationError", message });
};

t.test("a list, an object with tasks, and tags are read alike", (t) => {
  const tasks = [{ id: 1, title: "One" }];
  for (const shape of [tasks, { tasks }, { meta: { project: "x" }, tasks }, { master: { tasks, metadata: {} } }]) {
    const list = read(t, shape);
    t.equal(list.tag, "master");
    t.match(list.tasks, [{ id: "1", title: "One", status: "pending", dependencies: [], subtasks: [] }]);
  }
  t.strictSame(ids(read(t, `\uFEFF${JSON.stringify(tasks)}`)), ["1"], "also after a byte order mark");
  t.strictSame(read(t, { tasks: [] }).tasks, []);
  t.end();
});

t.test("the tag is the requested one, else that of state.json, else master, else the only one", (t) => {
  const tagged = { master: { tasks: [{ id: 1 }] }, feature: { tasks: [{ id: 2 }] }, note: "ignored", none: null };
  t.strictSame(ids(read(t, tagged)), ["1"]);
  t.strictSame(ids(read(t, tagged, { tag: "feature" })), ["2"]);
  t.strictSame(ids(read(t, tagged, { state: { currentTag: "feature", lastSwitched: null } })), ["2"]);
  t.strictSame(ids(read(t, tagged, { tag: "master", state: { currentTag: "feature" } })), ["1"]);
  t.strictSame(ids(read(t, { only: { tasks: [{ id: 3 }] } })), ["3"]);
  t.strictSame(ids(read(t, { tasks: [{ id: 8 }], master: { tasks: [{ id: 9 }] } })), ["9"], "half migrated");
  t.strictSame(ids(read(t, { tasks: { tasks: [{ id: 4 }] } })), ["4"], "a tag may be named tasks");
  refused(t, tagged, /tasks\.json: has no tag "features"; did you mean feature\?$/, { tag: "features" });
  refused(t, tagged, /has no tag "constructor"; it has master, feature$/, { tag: "constructor" });
  refused(t, { tasks: [] }, /has no tags, so --tag x does not exist/, { tag: "x" });
  t.end();
});

t.test("ids are numbers or text, subtasks are nested, and null is what is absent", (t) => {
  const [first, second] = read(t, {
    tasks: [
      {
        ...{ id: 5, title: "Five", description: null, details: null, priority: "HIGH", status: "Done" },
        ...{ dependencies: [1, "2", null, "3.1"], unknown: { deep: [1] } },
        subtasks: [
          { id: 1, title: "first", dependencies: [2, 4], subtasks: [{ id: 1, title: "deeper" }] },
          null,
          { id: "5.2", title: "second", dependencies: ["5.1"], test_strategy: "try it", subtasks: null },
        ],
      },
      { id: "6", dependencies: null, testStrategy: ["one", "two"] },
      null,
    ],
  }).tasks as [Task, Task];
  t.match(first, {
    id: "5",
    priority: "high",
    status: "done",
    dependencies: ["1", "2", "3.1"],
    subtasks: { length: 2 },
  });
  t.equal(first.description, undefined);
  t.match(first.subtasks[0], { id: "5.1", dependencies: ["5.2", "4"], subtasks: [{ id: "5.1.1" }] });
  t.match(first.subtasks[1], { id: "5.2", dependencies: ["5.1"], testStrategy: "try it" });
  t.match(second, { id: "6", title: "Task 6", dependencies: [], testStrategy: "one\ntwo" });
  t.end();
});

t.test("errors name the file and the JSON path", (t) => {
  refused(t, "{", /\.taskmaster\/tasks\/tasks\.json: is not JSON: /);
  refused(t, { tasks: null }, /tasks\.json: must be a list of tasks, \{"tasks": \[\.\.\.\]\}, or/);
  refused(t, "3", /tasks\.json: must be a list of tasks/);
  refused(t, [{ id: 1 }, { title: "x" }], /tasks\.json: \[1\]\.id: must be a number or text such as "5"/);
  refused(t, { tasks: ["x"] }, /tasks\.json: \.tasks\[0\]: must be an object with id and title/);
  refused(t, { tasks: [{ id: 1, title: {} }] }, /\.tasks\[0\]\.title: must be text/);
  refused(
    t,
    { a: { tasks: [{ id: 1, subtasks: [{ id: 1, dependencies: "2" }] }] } },
    /\.a\.tasks\[0\]\.subtasks\[0\]\.dependencies: must be a list/,
  );
  refused(t, [{ id: 1 }, { id: "1" }], /\[1\]\.id: 1 is the id of .*\[0\] too/);
  refused(t, "[".repeat(100_000), /tasks\.json: is nested deeper than 64 levels/);
  t.end();
});

t.test("the directory is found upwards, up to the root of the repository", (t) => {
  const task = JSON.stringify([{ id: 1 }]);
  const root = t.testdir({
    ".taskmaster": { tasks: { "tasks.json": task } },
    inner: { ".git": {}, deep: {} },
    older: { tasks: { "tasks.json": task }, src: {} },
    src: { deep: {} },
  });
  t.equal(findTaskDirectory(join(root, "src/deep")).root, join(root, ".taskmaster"));
  t.equal(findTaskDirectory(join(root, "older/src")).tasksFile, join(root, "older/tasks/tasks.json"));
  t.throws(() => findTaskDirectory(join(root, "inner/deep")), {
    message: /^there is no \.taskmaster\/tasks\/tasks\.json in .*; name the directory with --directory$/,
  });
  for (const given of [".taskmaster", ".", join(root, ".taskmaster")])
    t.equal(findTaskDirectory(root, given).project, root, given);
  t.throws(() => findTaskDirectory(root, "src"), { message: /^--directory src: has neither tasks\/tasks\.json nor/ });
  t.throws(() => findTaskDirectory(root, "nowhere"), { message: "--directory nowhere: is not a directory" });
  t.end();
});

t.test("a link out of the project and a huge file are refused", (t) => {
  const root = t.testdir({ project: { ".taskmaster": { tasks: {} } }, "secret.json": '[{"id":1}]' });
  const project = join(root, "project");
  symlinkSync(join(root, "secret.json"), join(project, ".taskmaster/tasks/tasks.json"));
  t.throws(() => readTasks(findTaskDirectory(project)), {
    message: /is a link to .*secret\.json, outside the project/,
  });
  const large = join(root, "large");
  mkdirSync(join(large, ".taskmaster/tasks"), { recursive: true });
  writeFileSync(join(large, ".taskmaster/tasks/tasks.json"), Buffer.alloc(16 * 1024 * 1024 + 1, " "));
  t.throws(() => readTasks(findTaskDirectory(large)), { message: /has 16777217 bytes; at most 16777216 are read/ });
  t.end();
});
