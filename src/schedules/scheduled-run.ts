/** The run of a time of a Schedule. Pure. */
import { CodeRuns } from "../api/coderun.js";
import { DocsRuns } from "../api/docsrun.js";
import { scheduleLabel, Schedules, type Schedule } from "../api/schedule.js";
import { TaskRuns } from "../api/taskrun.js";
import type { KubernetesObject, Stored } from "../runtime/client/objects.js";
import { apiVersionOf } from "../runtime/client/resource.js";
import { controllingOwner } from "../runtime/controller/owner.js";

/** The kinds that a Schedule can start, by name. */
export const scheduledKinds = {
  TaskRun: TaskRuns,
  CodeRun: CodeRuns,
  DocsRun: DocsRuns,
} as const;

/** Annotation of a run: the time for which it was started. */
const timeAnnotation = "orchestrator.io/scheduled-time";

/** The same for each attempt to create it, so that a time starts one run. @param at milliseconds since the epoch */
export const runNameAt = (schedule: string, at: number): string => `${schedule}-${Math.floor(at / 60_000)}`;

/** @param at milliseconds since the epoch */
export function runAt({ metadata, spec: { run } }: Stored<Schedule>, at: number): KubernetesObject {
  const type = scheduledKinds[run.kind];
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: {
      name: runNameAt(metadata.name, at),
      namespace: metadata.namespace ?? "",
      labels: { ...run.labels, [scheduleLabel]: metadata.name },
      annotations: { ...run.annotations, [timeAnnotation]: new Date(at).toISOString() },
      ownerReferences: [
        {
          ...{ apiVersion: apiVersionOf(Schedules), kind: Schedules.kind, name: metadata.name, uid: metadata.uid },
          ...{ controller: true, blockOwnerDeletion: true },
        },
      ],
    },
    spec: run.spec,
  } as KubernetesObject;
}

/** Whether the run was started by the Schedule. */
export function isRunOf({ metadata }: Stored<Schedule>, run: KubernetesObject): boolean {
  return controllingOwner(run)?.uid === metadata.uid;
}
