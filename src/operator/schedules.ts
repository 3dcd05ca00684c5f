/** Connects Schedules to the manager: their cache, and the controller that starts their runs. */
import type { CodeRun } from "../api/coderun.js";
import type { DocsRun } from "../api/docsrun.js";
import { isLive } from "../api/phase.js";
import { scheduleLabel, Schedules } from "../api/schedule.js";
import type { TaskRun } from "../api/taskrun.js";
import type { NamespaceScope } from "../configuration/namespaces.js";
import { ScheduleReconciler } from "../schedules/schedule-reconciler.js";
import type { Informer } from "../runtime/cache/informer.js";
import { formatKey } from "../runtime/client/objects.js";
import type { Manager } from "../runtime/manager/manager.js";

export interface SchedulesSetup {
  readonly manager: Manager;
  readonly tenants: NamespaceScope;
  /** The namespaces to watch; absent: all. */
  readonly watchNamespaces: readonly string[] | undefined;
  readonly taskRuns: Informer<TaskRun>;
  readonly codeRuns: Informer<CodeRun>;
  readonly docsRuns: Informer<DocsRun>;
}

/** @returns enqueues the Schedules of a namespace, or all */
export function addSchedules(setup: SchedulesSetup): (namespace?: string) => void {
  const { manager, tenants, watchNamespaces, taskRuns, codeRuns, docsRuns } = setup;
  const { clock, client, events, cache } = manager;
  const informer = cache.informer(Schedules, watchNamespaces === undefined ? {} : { namespaces: watchNamespaces });
  const reconciler = new ScheduleReconciler({
    ...{ client, clock, events, schedules: informer.reader },
    runs: { TaskRun: taskRuns.reader, CodeRun: codeRuns.reader, DocsRun: docsRuns.reader },
    manages: (name) => tenants.covers(name),
  });
  const controller = manager.controller({ name: "schedule", reconciler, maxConcurrentReconciles: 2 }).for(informer);
  for (const runs of [taskRuns, codeRuns, docsRuns] as readonly Informer<TaskRun | CodeRun | DocsRun>[])
    controller.watches(
      runs,
      // the end of a run is what one waits for that replaces its runs
      ({ metadata }) => {
        const name = metadata.labels?.[scheduleLabel];
        return name === undefined ? [] : [formatKey({ namespace: metadata.namespace ?? "", name })];
      },
      (change) => change.type === "deleted" || !isLive(change.object),
    );
  return (namespace) => {
    for (const { metadata } of informer.reader.list(namespace)) controller.enqueue(metadata);
  };
}
