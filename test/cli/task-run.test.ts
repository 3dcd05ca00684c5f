/** The TaskRun of a task of Task Master: its name and its spec. */
import { join } from "node:path";
import t, { type Test } from "tap";
import { runName, serviceOf, wantedTask, type TaskRunOptions } from "#src/cli/task/task-run.js";
import { readTasks } from "#src/cli/task-master/read-tasks.js";
import { findTaskDirectory } from "#src/cli/task-master/task-directory.js";

/** The spec for the only task of a project. */
function spec(t: Test, task: object, options: TaskRunOptions = {}): Readonly<Record<string, unknown>> {
  const directory = findTaskDirectory(
    t.testdir({ ".git": {}, ".taskmaster": { tasks: { "tasks.json": JSON.stringify([task]) } } }),
  );
  const { tasks, tag } = readTasks(directory);
  const [only] = tasks;
  if (only === undefined) throw new Error("no task");
  return wantedTask(only, tag, directory, "auth", ["auth-task-1"], options);
}

t.test("options and the task become fields, and what nobody said stays with admission", (t) => {
  t.match(Object.keys(spec(t, { id: 5, priority: "urgent" })), ["taskId", "serviceName", "markdownFiles", "dependsOn"]);
  const options = {
    agentName: "a",
    model: "opus",
    tool: ["bash:false", "mcp:x:true"],
    repository: "git@github.com:a/b.git",
    branch: "dev",
    githubApp: "Acme-Ada",
  };
  const { markdownFiles: _, ...rest } = spec(t, { id: "5", priority: "Critical" }, options);
  t.strictSame(rest, {
    ...{
      taskId: 5,
      serviceName: "auth",
      agentName: "a",
      model: "opus",
      priority: "critical",
      dependsOn: ["auth-task-1"],
      githubApp: "Acme-Ada",
    },
    agentTools: [
      { name: "bash", enabled: false },
      { name: "mcp:x", enabled: true },
    ],
    repository: { url: "git@github.com:a/b.git", branch: "dev" },
  });
  t.end();
});

t.test("what no run can be made of names the option, or file and path", (t) => {
  const refused = (task: object, options: TaskRunOptions, message: RegExp): void => {
    t.throws(() => spec(t, task, options), { name: "OperationError", message });
  };
  refused({ id: "setup" }, {}, /tasks\.json: \[0\]\.id: "setup" cannot be the number of a run's task/);
  refused({ id: 1.5 }, {}, /\[0\]\.id: "1\.5" cannot be the number/);
  refused({ id: 2_147_483_648 }, {}, /use a whole number from 1 to 2147483647$/);
  refused({ id: 0 }, {}, /"0" cannot be the number/);
  refused({ id: 1 }, { tool: ["bash"] }, /^--tool bash: write <name>:true or <name>:false/);
  refused({ id: 1 }, { repository: "https://x:y@github.com/a/b" }, /^--repository: the URL contains credentials/);
  refused({ id: 1 }, { githubApp: "a" }, /no git remote origin to take the URL from; name it with --repository$/);
  refused(
    { id: 1 },
    { githubUser: "a", githubApp: "b" },
    /^--github-user and --github-app: a run works as one of them/,
  );
  refused({ id: 1 }, { githubUser: "a" }, /no git remote origin to take the URL from; name it with --repository$/);
  t.end();
});

t.test("each tag has names of its own, and the service is the repository's", (t) => {
  t.equal(runName("auth", "master", "5"), "auth-task-5");
  t.equal(runName("auth", "Feature X", "5"), "auth-feature-x-task-5");
  const project = join(t.testdir({ "My App": {} }), "My App");
  const directory = { root: project, project, tasksFile: "" };
  t.equal(serviceOf({}, undefined, directory), "my-app");
  t.equal(serviceOf({ repository: "git@github.com:acme/Auth.git" }, undefined, directory), "auth");
  t.equal(serviceOf({ service: "x" }, undefined, directory), "x");
  t.throws(() => serviceOf({ repository: `https://h/${"a".repeat(64)}` }, undefined, directory), {
    message: /name one with --service$/,
  });
  t.end();
});
