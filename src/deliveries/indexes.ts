/** Indexes of the cache of Deliveries. */
import type { CodeRun } from "../api/coderun.js";
import type { Delivery, DeliverySpec } from "../api/delivery.js";
import { repositoryKey } from "../api/git.js";
import type { Reader } from "../runtime/cache/reader.js";
import type { Stored } from "../runtime/client/objects.js";

/** By the issue, pull request or alert that they are about. */
export const subjectIndex = "subject";
/** By repository. */
export const repositoryIndex = "repository";
/** Those that are about to be carried out, by the namespace and task of their run. */
export const waitingIndex = "waiting";

/** CodeRuns by repository and task. */
export const repositoryTaskIndex = "repository-task";

/** CodeRuns by repository. */
export const runRepositoryIndex = "repository";

/** The value of a run in both indexes by task. */
export function repositoryTask({ spec }: Pick<CodeRun, "spec">): string {
  return `${repositoryKey(spec.repositoryUrl)}#${spec.taskId}`;
}

export const codeRunIndexes: Readonly<Record<string, (run: CodeRun) => readonly string[]>> = {
  [repositoryTaskIndex]: (run) => [repositoryTask(run)],
  [runRepositoryIndex]: ({ spec }) => [repositoryKey(spec.repositoryUrl)],
};

/** Deliveries by repository and task, once that is decided. */
export const taskIndex = "task";

export function repositoryKeyOf({ repository }: Pick<DeliverySpec, "repository">): string {
  return repository === undefined ? "" : `${repository.host}/${repository.owner}/${repository.name}`.toLowerCase();
}

/** Undefined for an event about no issue, pull request or alert. */
export function subjectKey(spec: DeliverySpec): string | undefined {
  if (spec.alert !== undefined) return `${repositoryKeyOf(spec)}!${spec.alert.fingerprint}`;
  return spec.subject === undefined ? undefined : `${repositoryKeyOf(spec)}#${spec.subject.number}`;
}

/** The runs of an event's repository in managed namespaces. @param runs Index: `repository` */
export function managedRunsOf(
  runs: Pick<Reader<CodeRun>, "byIndex">,
  event: Pick<DeliverySpec, "repository">,
  manages: (namespace: string) => boolean,
): readonly Stored<CodeRun>[] {
  return runs
    .byIndex(runRepositoryIndex, repositoryKeyOf(event))
    .filter(({ metadata }) => manages(metadata.namespace ?? ""));
}

export const deliveryIndexes: Readonly<Record<string, (delivery: Delivery) => readonly string[]>> = {
  [subjectIndex]: ({ spec }) => [subjectKey(spec) ?? ""].filter((key) => key !== ""),
  [repositoryIndex]: ({ spec }) => [repositoryKeyOf(spec)],
  [taskIndex]: ({ spec, status }) => (status?.task === undefined ? [] : [`${repositoryKeyOf(spec)}#${status.task}`]),
  [waitingIndex]: ({ status }) => {
    const isWaiting = status?.phase === "Waiting" || status?.phase === "Decided";
    return isWaiting && status.run !== undefined ? [`${status.run.namespace}/${status.task ?? 0}`] : [];
  },
};
