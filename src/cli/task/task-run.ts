/** The TaskRun of a task of Task Master. */
import { basename } from "node:path";
import { dnsLabel } from "../../api/git.js";
import { taskRunName } from "../../operations/submit.js";
import { OperationError } from "../../operations/operation-error.js";
import { currentRepository, hasCredentials, repositoryName, type CurrentRepository } from "../current-repository.js";
import { refuseTwoIdentities } from "./repository-run.js";
import { taskDocuments } from "../task-master/task-documents.js";
import type { TaskDirectory } from "../task-master/task-directory.js";
import type { Task } from "../task-master/task.js";

export interface TaskRunOptions {
  readonly service?: string;
  readonly agentName?: string;
  readonly model?: string;
  readonly repository?: string;
  readonly branch?: string;
  readonly githubUser?: string;
  readonly githubApp?: string;
  readonly tool?: readonly string[];
  readonly contextFile?: readonly string[];
}

/** The run of a task always has the same name, so that submitting it twice starts nothing twice. */
export function runName(service: string, tag: string, id: string): string {
  return taskRunName(tag === "master" ? service : `${service}-${dnsLabel(tag)}`, dnsLabel(id));
}

/** `--service`, or else the name of the repository, or of the project's directory. @throws OperationError without a usable one */
export function serviceOf(
  { service, repository }: TaskRunOptions,
  current: CurrentRepository | undefined,
  { project }: TaskDirectory,
): string {
  if (service !== undefined) return service;
  const url = repository ?? current?.url;
  const name = url === undefined ? dnsLabel(basename(current?.root ?? project)) : repositoryName(url);
  if (name === "" || name.length > 63)
    throw new OperationError("the repository's name is not valid as a service name; name one with --service");
  return name;
}

/** The spec of the TaskRun. @throws OperationError for a task that no run can be made of, and for wrong options */
export function wantedTask(
  task: Task,
  tag: string,
  directory: TaskDirectory,
  service: string,
  dependsOn: readonly string[],
  options: TaskRunOptions,
): Readonly<Record<string, unknown>> {
  if (!/^[1-9]\d{0,9}$/.test(task.id) || Number(task.id) > 2_147_483_647)
    throw new OperationError(
      `${task.place}.id: ${JSON.stringify(task.id)} cannot be the number of a run's task: use a whole number from 1 to 2147483647`,
    );
  const { agentName, model, githubApp, tool = [], contextFile = [] } = options;
  refuseTwoIdentities(options);
  const repository = repositoryOf(options, directory);
  const { priority } = task;
  return {
    taskId: Number(task.id),
    serviceName: service,
    markdownFiles: taskDocuments(directory, tag, task, contextFile),
    ...(agentName !== undefined && { agentName }),
    ...(model !== undefined && { model }),
    ...(githubApp !== undefined && { githubApp }),
    ...(tool.length > 0 && { agentTools: tool.map(toolOf) }),
    ...(repository !== undefined && { repository }),
    ...(priority !== undefined && ["low", "medium", "high", "critical"].includes(priority) && { priority }),
    ...(dependsOn.length > 0 && { dependsOn }),
  };
}

/** `name:true` or `name:false`; a name may contain colons. */
function toolOf(text: string): { readonly name: string; readonly enabled: boolean } {
  const [, name = "", enabled = ""] = /^(.+):(true|false)$/.exec(text) ?? [];
  if (name === "") throw new OperationError(`--tool ${text}: write <name>:true or <name>:false, such as bash:false`);
  return { name, enabled: enabled === "true" };
}

function repositoryOf(
  { repository, branch, githubUser, githubApp }: TaskRunOptions,
  { project }: TaskDirectory,
): object | undefined {
  if ([repository, branch, githubUser, githubApp].every((option) => option === undefined)) return undefined;
  const url = repository ?? currentRepository(project)?.url;
  if (url === undefined)
    throw new OperationError("there is no git remote origin to take the URL from; name it with --repository");
  if (hasCredentials(url))
    throw new OperationError(
      "--repository: the URL contains credentials, which everyone who can read the run could read; remove them",
    );
  return { url, ...(branch !== undefined && { branch }), ...(githubUser !== undefined && { githubUser }) };
}
