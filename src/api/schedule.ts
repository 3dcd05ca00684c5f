/** The kind Schedule: runs that start at times of a cron expression. */
import type { KubernetesObject, ObjectMeta } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import type { ScheduleSpec, ScheduleStatus } from "./generated/schedule.js";

export type { ScheduleSpec, ScheduleStatus } from "./generated/schedule.js";

export interface Schedule extends KubernetesObject {
  metadata?: ObjectMeta;
  spec: ScheduleSpec;
  status?: ScheduleStatus;
}

export const Schedules = resourceType<Schedule>({
  group: "orchestrator.io",
  version: "v1",
  kind: "Schedule",
  plural: "schedules",
  namespaced: true,
});

/** Label of runs: the Schedule that started them. */
export const scheduleLabel = "orchestrator.io/schedule";
