/**
 * Kueue by its documented contract with a Job that has the label of a queue: one Workload for each, with the Job's UID as a label; the Job
 * runs while its Workload is active and has quota, and is suspended otherwise, whoever else wrote `suspend`.
 */
import type { ModelCluster } from "./model-cluster.js";
import { queueLabel, jobOfWorkload, Workloads } from "#src/runs/queue.js";
import { Jobs } from "#src/runtime/client/builtin.js";

export class Kueue {
  /** Queues that have quota. */
  readonly admits = new Set<string>();

  constructor(readonly cluster: ModelCluster) {}

  run(): void {
    const { cluster } = this;
    for (const { metadata, spec, status } of cluster.all(Jobs)) {
      const queue = metadata.labels?.[queueLabel];
      const hasEnded = status?.conditions?.some(({ type }) => type === "Complete" || type === "Failed") === true;
      if (queue === undefined || hasEnded || metadata.deletionTimestamp !== undefined) continue;
      const name = `job-${metadata.name}`;
      const workload =
        cluster.get(Workloads, name) ??
        cluster.create(Workloads, {
          metadata: { name, namespace: "orchestrator", labels: { [jobOfWorkload]: metadata.uid } },
          spec: {},
        });
      const suspend = workload.spec.active === false || !this.admits.has(queue);
      if ((spec?.suspend === true) !== suspend)
        cluster.change(Jobs, metadata.name, (job) => {
          if (job.spec !== undefined) job.spec.suspend = suspend;
        });
    }
  }
}
