/** The Markdown files that an agent gets for a task. */
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { MarkdownFile } from "#src/api/taskrun.js";
import { taskDocuments } from "#src/cli/task-master/task-documents.js";
import { readTasks } from "#src/cli/task-master/read-tasks.js";
import { findTaskDirectory } from "#src/cli/task-master/task-directory.js";

interface Tree {
  readonly [name: string]: string | Buffer | Tree;
}

/** The documents of the only task. */
function documents(t: Test, task: object, tree: Tree = {}, tag?: string, context: string[] = []): MarkdownFile[] {
  const json = JSON.stringify(tag === undefined ? [task] : { [tag]: { tasks: [task] } });
  const root = t.testdir({
    ".taskmaster": { ...tree, tasks: { ...(tree.tasks as Tree | undefined), "tasks.json": json } },
  });
  const directory = findTaskDirectory(root);
  const list = readTasks(directory, tag);
  const [only] = list.tasks;
  if (only === undefined) throw new Error("no task");
  return taskDocuments(
    directory,
    list.tag,
    only,
    context.map((path) => join(root, path)),
  );
}

t.test("without documents, task.md says what tasks.json says", (t) => {
  const subtasks = [
    { id: 1, title: "Schema", details: "A table.", status: "done" },
    { id: 2, title: "Route", dependencies: [1], testStrategy: "Call it." },
  ];
  const task = {
    id: 7,
    title: "Login",
    description: "People log in.",
    details: "OAuth.",
    testStrategy: "By hand.",
    subtasks,
  };
  t.strictSame(documents(t, task), [
    {
      filename: "task.md",
      content: `# Task 7: Login\n\nPeople log in.\n\n## Details\n\nOAuth.\n\n## Test strategy\n\nBy hand.\n\n## Subtasks\n
### 7.1: Schema\n\nStatus: done\n\nA table.\n\n### 7.2: Route\n\nDepends on: 7.1\n\nTest strategy: Call it.\n`,
      fileType: "task",
    },
  ]);
  t.end();
});

t.test("the documents of the task and the architecture come with their purpose, in the order of reading", (t) => {
  const docs = {
    "task-7": {
      "prompt.md": "Do it.",
      "task.md": "# The task",
      "acceptance-criteria.md": "It works.",
      "design-spec.md": "Layers.",
      "API notes (old).md": "Notes.",
      "empty.md": " \n",
      "picture.png": "x",
      ".hidden.md": "x",
      nested: { "more.md": "x" },
    },
    "task-70": { "other.md": "x" },
    "architecture.md": "Big.",
  };
  const files = documents(t, { id: 7, title: "Login", details: "ignored: task.md exists" }, { docs });
  t.strictSame(
    files.map(({ filename, fileType }) => `${filename}: ${fileType ?? ""}`),
    [
      "task.md: task",
      "acceptance-criteria.md: acceptance-criteria",
      "prompt.md: prompt",
      "architecture.md: design-spec",
      "design-spec.md: design-spec",
      "API-notes-old-.md: context",
    ],
  );
  t.equal(files[0]?.content, "# The task");
  t.end();
});

t.test("the generated text file counts where tasks.json has a title alone, and each tag has its own", (t) => {
  const tasks = { "task_007.txt": "# Task ID: 7", "task_007_feature.txt": "# Task ID: 7 of the feature" };
  const content = (task: object, tag?: string): string | undefined => documents(t, task, { tasks }, tag)[0]?.content;
  t.equal(content({ id: 7, title: "Login" }), "# Task ID: 7");
  t.equal(content({ id: "7", title: "Login" }, "feature"), "# Task ID: 7 of the feature");
  t.equal(content({ id: 7, title: "Login" }, "other"), "# Task 7: Login\n");
  t.equal(content({ id: 7, title: "Login", details: "newer" }), "# Task 7: Login\n\n## Details\n\nnewer\n");
  t.end();
});

t.test("further files are context, and two files of one name are refused", (t) => {
  const files = documents(t, { id: 1 }, { "notes.txt": "Mind this." }, undefined, [".taskmaster/notes.txt"]);
  t.match(files[1], { filename: "notes.md", content: "Mind this.", fileType: "context" });
  t.throws(() => documents(t, { id: 1 }, { "task.md": "x" }, undefined, [".taskmaster/task.md"]), {
    message: /\.taskmaster\/task\.md: would be task\.md, as .*tasks\.json: \[0\] is; rename one of them/,
  });
  t.throws(() => documents(t, { id: 1 }, {}, undefined, ["nowhere.md"]), { message: /nowhere\.md: does not exist$/ });
  t.end();
});

t.test("what cannot be sent is refused with the file's name", (t) => {
  const half = "x".repeat(600 * 1024);
  t.throws(() => documents(t, { id: 1 }, { docs: { "task-1": { "a.md": half, "b.md": `${half}x` } } }), {
    message: /^the files of task 1 have \d+ bytes, and must have fewer than 1048576; the largest is b\.md$/,
  });
  const notText = Buffer.from([0xff, 0xfe, 0xfd]);
  t.throws(() => documents(t, { id: 1 }, { docs: { "task-1": { "a.md": notText } } }), {
    message: /a\.md: is not text in UTF-8/,
  });
  const many = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`f${index}.md`, "x"]));
  t.throws(() => documents(t, { id: 1 }, { docs: { "task-1": many } }), {
    message: /has 71 files, and a run at most 64/,
  });
  t.end();
});

t.test("a document that is a link out of the project is refused: it would be sent to the cluster", (t) => {
  const root = t.testdir({
    "credentials.md": "secret",
    project: { ".taskmaster": { tasks: { "tasks.json": '[{"id":1}]' }, docs: { "task-1": {}, "shared.md": "fine" } } },
  });
  const directory = findTaskDirectory(join(root, "project"));
  const [task] = readTasks(directory).tasks;
  if (task === undefined) throw new Error("no task");
  symlinkSync("../shared.md", join(directory.root, "docs/task-1/inside.md"));
  t.match(taskDocuments(directory, "master", task), [
    { filename: "task.md" },
    { filename: "inside.md", content: "fine" },
  ]);
  symlinkSync("../../../../credentials.md", join(directory.root, "docs/task-1/outside.md"));
  t.throws(() => taskDocuments(directory, "master", task), {
    message: /outside\.md: is a link to .*, outside the project/,
  });
  t.end();
});
