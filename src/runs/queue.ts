/**
 * Attempts in a queue of Kueue: their Jobs are created suspended with the label of the queue, and then Kueue alone decides when a Job is
 * suspended. See docs/adr/052-queues.md. Pure.
 */
import { runAnnotations } from "./metadata.js";
import type { AgentRun } from "./run.js";
import type { Configuration } from "../configuration/configuration.js";
import type { Job, KubernetesObject, Stored } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";

/** Label of a Job: the LocalQueue in which it waits. */
export const queueLabel = "kueue.x-k8s.io/queue-name";

/** Label of a Workload: the UID of its Job. */
export const jobOfWorkload = "kueue.x-k8s.io/job-uid";

/** What Kueue admits to a queue; it makes one for each Job. */
export interface Workload extends KubernetesObject {
  spec: {
    /** While false, Kueue does not admit it, and stops its Job. */
    active?: boolean;
  };
}

const workloadType = (version: string): ReturnType<typeof resourceType<Workload>> =>
  resourceType<Workload>({
    group: "kueue.x-k8s.io",
    version,
    kind: "Workload",
    plural: "workloads",
    namespaced: true,
  });

/** In each version that Kueue has had or announced, the newest first: a cluster serves at least one. */
export const workloadTypes = ["v1", "v1beta2", "v1beta1"].map(workloadType);

/** The type for permissions, where the version does not matter. */
export const Workloads = workloadType("v1beta2");

/** The queue in which the next attempt waits. Undefined: in none. */
export function queueOf({ spec }: AgentRun, { kueue }: Configuration): string | undefined {
  return kueue.enabled && spec.queueName !== undefined && spec.queueName !== "" ? spec.queueName : undefined;
}

/** The queue in which the attempt of a Job waits or waited. Undefined: in none. */
export function queueOfJob(job: Job): string | undefined {
  return job.metadata?.labels?.[queueLabel];
}

/** Whether the Workload of the Job was made inactive because the run is suspended. */
export function isHeld({ metadata }: Stored<Job>): boolean {
  return metadata.annotations?.[runAnnotations.heldInQueue] === "true";
}
