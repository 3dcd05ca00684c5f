/** What requests of project management mean, in all generations. */
import t from "tap";
import { checkBody } from "#src/server/document.js";
import { submissionSchema } from "#src/server/input.js";
import { Problem } from "#src/server/problem.js";
import { codeRunOf, docsRunOf, taskRunOf } from "#src/server/tasks/requested-runs.js";

const files = [{ filename: "task.md", content: "x" }];

/** The TaskRun of a body that was checked as a request's is. */
function taskRun(body: object): ReturnType<typeof taskRunOf> {
  const request = { id: 1, service_name: "auth", markdown_files: files, ...body };
  checkBody(submissionSchema(request), request);
  return taskRunOf(request, "ns");
}

function codeRun(body: object): ReturnType<typeof codeRunOf> {
  const request = { task_id: 3, service: "trader", docs_repository_url: "https://github.com/a/docs", ...body };
  checkBody(submissionSchema(request), request);
  return codeRunOf(request, "ns");
}

/** The field that a refusal names. */
function refused(make: () => unknown): string | undefined {
  try {
    make();
  } catch (error) {
    if (error instanceof Problem && error.status === 400) return error.options.field;
    throw error;
  }
  throw new Error("it is accepted");
}

t.test("a task of the first generation, as its command line sent it", (t) => {
  const run = taskRun({
    ...{ id: "7", title: "T", description: "D", details: "", test_strategy: null, priority: "High", status: "pending" },
    ...{
      dependencies: [1, "2"],
      subtasks: [{ id: 1, testStrategy: "x", anything: true }],
      agent_name: "claude-agent-1",
    },
    markdown_files: [
      { filename: "task.md", content: "a", file_type: "task" },
      { filename: "design.md", content: "b", file_type: "DesignSpec" },
      { filename: "criteria.md", content: "c", file_type: "acceptance_criteria" },
      { filename: "other.md", content: "d", file_type: null },
    ],
    agent_tools: [{ name: "bash", enabled: true, config: null, restrictions: [] }],
    repository: { url: "https://github.com/a/b", branch: "main", github_user: "me", token: null },
    ...{ working_directory: "services/auth", local_tools: [], remote_tools: null, tool_config: "default" },
  });
  t.strictSame(run, {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: {
      name: "auth-task-7",
      namespace: "ns",
      labels: run.metadata.labels,
    },
    spec: {
      taskId: 7,
      serviceName: "auth",
      markdownFiles: [
        { filename: "task.md", content: "a", fileType: "task" },
        { filename: "design.md", content: "b", fileType: "design-spec" },
        { filename: "criteria.md", content: "c", fileType: "acceptance-criteria" },
        { filename: "other.md", content: "d" },
      ],
      agentName: "claude-agent-1",
      priority: "high",
      agentTools: [{ name: "bash", enabled: true, restrictions: [] }],
      repository: { url: "https://github.com/a/b", branch: "main", githubUser: "me", path: "services/auth" },
    },
  });
  t.equal(run.metadata.labels["orchestrator.io/task-id"], "7");
  t.end();
});

t.test("a repository is a URL or an object, and a directory needs one", (t) => {
  t.strictSame(taskRun({ repository: "git@github.com:a/b.git" }).spec.repository, { url: "git@github.com:a/b.git" });
  t.equal(
    refused(() => taskRun({ working_directory: "x" })),
    "working_directory",
  );
  const { githubApp, repository } = taskRun({ repository: "git@github.com:a/b.git", github_app: "Acme-Ada" }).spec;
  t.strictSame([githubApp, repository], ["Acme-Ada", { url: "git@github.com:a/b.git" }]);
  t.equal(codeRun({ repository: { url: "u", github_user: "me" } }).spec.githubUser, "me");
  t.equal(codeRun({ repository: "u" }).spec.repositoryUrl, "u");
  t.equal(
    refused(() => codeRun({})),
    "repository_url",
  );
  t.end();
});

t.test("an addition to the prompt is a file, which replaces the prompts on request", (t) => {
  const markdown_files = [...files, { filename: "prompt.md", content: "p", file_type: "prompt" }];
  const names = (body: object): string[] =>
    taskRun({ markdown_files, ...body }).spec.markdownFiles.map(({ filename }) => filename);
  t.strictSame(names({ prompt_modification: "Be brief." }), ["task.md", "prompt.md", "prompt-modification.md"]);
  t.strictSame(names({ prompt_modification: "Be brief.", prompt_mode: "replace" }), [
    "task.md",
    "prompt-modification.md",
  ]);
  t.strictSame(names({ prompt_modification: "" }), ["task.md", "prompt.md"]);
  const taken = [{ filename: "prompt-modification.md", content: "x" }];
  t.equal(
    refused(() => taskRun({ markdown_files: taken, prompt_modification: "y" })),
    "prompt_modification",
  );
  t.end();
});

t.test("code of the second generation, with tools as list or text and variables of Secrets", (t) => {
  const { metadata, spec } = codeRun({
    ...{ task_id: "3", repository_url: "https://github.com/a/b", github_user: "me", model: null, docs_branch: "dev" },
    ...{ docs_project_directory: "_projects/trader", working_directory: "", local_tools: "a, b,", remote_tools: ["c"] },
    ...{ context_version: 2, prompt_modification: "Be brief.", continue_session: true, overwrite_memory: false },
    env: { A: "1" },
    env_from_secrets: [
      { name: "X", secretName: "s", secretKey: "k" },
      { name: "Y", secret_name: "t", secret_key: "l" },
    ],
  });
  t.match(metadata, { name: "trader-code-3", namespace: "ns" });
  t.strictSame(spec, {
    ...{
      taskId: 3,
      service: "trader",
      repositoryUrl: "https://github.com/a/b",
      docsRepositoryUrl: "https://github.com/a/docs",
    },
    ...{ docsProjectDirectory: "_projects/trader", docsBranch: "dev", githubUser: "me", localTools: ["a", "b"] },
    ...{ remoteTools: ["c"], contextVersion: 2, promptModification: "Be brief.", continueSession: true },
    ...{ overwriteMemory: false, env: { A: "1" } },
    envFromSecrets: [
      { name: "X", secretName: "s", secretKey: "k" },
      { name: "Y", secretName: "t", secretKey: "l" },
    ],
  });
  t.end();
});

t.test("documentation is named by its repository, directory and branch", (t) => {
  const docs = (body: object): ReturnType<typeof docsRunOf> => {
    const request = {
      repository_url: "https://github.com/a/docs",
      working_directory: "_projects/trader",
      source_branch: "main",
      ...body,
    };
    checkBody("DocsRequest", request);
    return docsRunOf(request, "ns");
  };
  const first = docs({ target_branch: "x", service_name: "docs", agent_name: "morgan", task_id: 999999, force: false });
  t.match(first.metadata.name, /^docs-projects-trader-[0-9a-f]{8}$/);
  t.equal(docs({ model: "opus" }).metadata.name, first.metadata.name);
  for (const other of [{ repository_url: "u" }, { working_directory: "b" }, { source_branch: "dev" }])
    t.not(docs(other).metadata.name, first.metadata.name);
  t.end();
});

t.test("what no run can express is refused with the field", (t) => {
  for (const [body, field] of [
    [{ id: 0 }, "id"],
    [{ id: "99999999999" }, "id"],
    [{ id: "9999999999" }, "id"],
    [{ local_tools: ["x"] }, "local_tools"],
    [{ tool_config: "advanced" }, "tool_config"],
    [{ service_name: "Auth" }, "service_name"],
    [{ markdown_files: [{ filename: "../x.md", content: "x" }] }, "markdown_files[0].filename"],
    [{ workers: 1 }, "workers"],
  ] as const)
    t.equal(
      refused(() => taskRun(body)),
      field,
    );
  t.end();
});
