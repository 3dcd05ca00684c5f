/** The runs that requests of project management mean. Pure. */
import { CodeRuns, labelsOf as labelsOfCode, type CodeRun } from "../../api/coderun.js";
import { DocsRuns, labelsOf as labelsOfDocs, type DocsRun } from "../../api/docsrun.js";
import { labelsOf, TaskRuns, type MarkdownFile, type TaskRun, type TaskRunSpec } from "../../api/taskrun.js";
import type { AnyRun } from "../../operations/any-run.js";
import { codeRunName, docsRunName, taskRunName } from "../../operations/submit.js";
import type { ResourceType } from "../../runtime/client/resource.js";
import type { components } from "../generated/rest.js";
import { Problem } from "../problem.js";

export type PmTaskRequest = components["schemas"]["PmTaskRequest"];
export type CodeRequest = components["schemas"]["CodeRequest"];
export type DocsRequest = components["schemas"]["DocsRequest"];

/** A run with its name. */
type Named<Run> = Run & { readonly metadata: { name: string; namespace: string; labels: Record<string, string> } };

/** The TaskRun of a task. @throws Problem for what no TaskRun can express */
export function taskRunOf(request: PmTaskRequest, namespace: string): Named<TaskRun> {
  const task = taskNumber(request.id, "id");
  const { service_name: serviceName, agent_name: agentName, github_app: githubApp, model, priority } = request;
  const { depends_on: dependsOn } = request;
  const repository = repositoryOf(request);
  const spec: TaskRunSpec = {
    ...{ taskId: task, serviceName, markdownFiles: filesOf(request) },
    ...present({
      agentName,
      model,
      githubApp,
      dependsOn,
      priority: priorityOf(priority),
      agentTools: toolsOf(request),
    }),
    ...(repository && { repository }),
  };
  return named(TaskRuns, { name: taskRunName(serviceName, task), namespace, labels: labelsOf(spec) }, spec);
}

/** The CodeRun of a task. @throws Problem without a repository */
export function codeRunOf(request: CodeRequest, namespace: string): Named<CodeRun> {
  const { service, docs_repository_url: docsRepositoryUrl, repository_url: url, repository } = request;
  const task = taskNumber(request.task_id, "task_id");
  const object = typeof repository === "string" ? { url: repository } : (repository ?? undefined);
  const repositoryUrl = url ?? object?.url;
  if (repositoryUrl === undefined) throw new Problem(400, "repository_url is required", { field: "repository_url" });
  const { local_tools: localTools, remote_tools: remoteTools, env_from_secrets: secrets } = request;
  const spec: CodeRun["spec"] = {
    ...{ taskId: task, service, repositoryUrl, docsRepositoryUrl },
    ...present({
      docsProjectDirectory: request.docs_project_directory,
      docsBranch: request.docs_branch,
      workingDirectory: request.working_directory,
      model: request.model,
      githubUser: request.github_user ?? object?.github_user,
      githubApp: request.github_app,
      localTools: names(localTools),
      remoteTools: names(remoteTools),
      toolConfig: request.tool_config,
      contextVersion: request.context_version,
      promptModification: request.prompt_modification,
      promptMode: request.prompt_mode,
      continueSession: request.continue_session,
      overwriteMemory: request.overwrite_memory,
      env: request.env,
      envFromSecrets: secrets?.map(secretVariable),
    }),
  };
  return named(CodeRuns, { name: codeRunName(service, task), namespace, labels: labelsOfCode(spec) }, spec);
}

/** The DocsRun for a directory. */
export function docsRunOf(request: DocsRequest, namespace: string): Named<DocsRun> {
  const { repository_url: repositoryUrl, working_directory: workingDirectory, source_branch: sourceBranch } = request;
  const { model, github_user: githubUser, github_app: githubApp } = request;
  const spec = { repositoryUrl, workingDirectory, sourceBranch, ...present({ model, githubUser, githubApp }) };
  const name = docsRunName(repositoryUrl, workingDirectory, sourceBranch);
  return named(DocsRuns, { name, namespace, labels: labelsOfDocs(spec) }, spec);
}

/** As the API server stores it. Its admission sets the same labels; without it, they are what a task is found by. */
function named<Run extends AnyRun>(
  type: ResourceType<Run>,
  metadata: Named<Run>["metadata"],
  spec: Run["spec"],
): Named<Run> {
  return { apiVersion: `${type.group}/${type.version}`, kind: type.kind, metadata, spec } as Named<Run>;
}

/** The members that have a value; null means the same as absent. */
function present<T extends object>(members: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const given = Object.entries(members).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return Object.fromEntries(given) as { [Key in keyof T]?: NonNullable<T[Key]> };
}

function taskNumber(value: number | string, field: string): number {
  const task = Number(value);
  if (task > 2_147_483_647) throw new Problem(400, `${field} must be at most 2147483647`, { field });
  return task;
}

/** Other tools have more words for it. */
function priorityOf(priority: string | null | undefined): TaskRunSpec["priority"] {
  const known = ["low", "medium", "high", "critical"] as const;
  return known.find((each) => each === priority?.toLowerCase());
}

const fileTypes: Readonly<Record<string, NonNullable<MarkdownFile["fileType"]>>> = {
  task: "task",
  designspec: "design-spec",
  prompt: "prompt",
  context: "context",
  acceptancecriteria: "acceptance-criteria",
};

const modificationFile = "prompt-modification.md";

function filesOf({
  markdown_files: given,
  prompt_modification: prompt,
  prompt_mode: mode,
}: PmTaskRequest): MarkdownFile[] {
  const files = given.map(({ filename, content, file_type: type }): MarkdownFile => {
    const fileType = typeof type === "string" ? fileTypes[type.replaceAll(/[-_]/g, "").toLowerCase()] : undefined;
    return { filename, content, ...(fileType && { fileType }) };
  });
  if ((prompt ?? "") === "") return files;
  const kept = mode === "replace" ? files.filter(({ fileType }) => fileType !== "prompt") : files;
  if (kept.some(({ filename }) => filename === modificationFile))
    throw new Problem(
      400,
      `markdown_files has ${modificationFile}, which prompt_modification becomes; send one of both`,
      {
        field: "prompt_modification",
      },
    );
  return [...kept, { filename: modificationFile, content: prompt ?? "", fileType: "prompt" }];
}

function toolsOf({ agent_tools: tools }: PmTaskRequest): TaskRunSpec["agentTools"] {
  return tools?.map(({ name, enabled, config, restrictions }) => ({
    name,
    ...present({ enabled, config, restrictions }),
  }));
}

function repositoryOf({ repository, working_directory: directory }: PmTaskRequest): TaskRunSpec["repository"] {
  const path = directory ?? undefined;
  if (repository === undefined || repository === null) {
    if (path === undefined) return undefined;
    throw new Problem(400, "working_directory needs repository", { field: "working_directory" });
  }
  if (typeof repository === "string") return { url: repository, ...present({ path }) };
  const { url, branch, github_user: githubUser, path: own } = repository;
  return { url, ...present({ branch, githubUser, path: own ?? path }) };
}

/** A list, or the same in one text. */
function names(value: readonly string[] | string | null | undefined): string[] | undefined {
  const list = typeof value === "string" ? value.split(",") : (value ?? []);
  const trimmed = list.map((name) => name.trim()).filter((name) => name !== "");
  return trimmed.length === 0 ? undefined : trimmed;
}

type SecretRequest = components["schemas"]["SecretVariable"];

function secretVariable(variable: SecretRequest): { name: string; secretName: string; secretKey: string } {
  const { name, secretName, secret_name, secretKey, secret_key } = variable as Partial<Record<string, string>>;
  return { name: name ?? "", secretName: secretName ?? secret_name ?? "", secretKey: secretKey ?? secret_key ?? "" };
}
