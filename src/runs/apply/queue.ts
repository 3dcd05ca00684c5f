/** What keeps Kueue from starting a Job, and lets it. */
import { keyOf, unlessRefused, type ApplyContext } from "./writes.js";
import { runAnnotations } from "../metadata.js";
import type { ObjectIdentity } from "../observed.js";
import { jobOfWorkload, queueLabel, Workloads, workloadTypes, type Workload } from "../queue.js";
import type { AgentRun } from "../run.js";
import { Jobs } from "../../runtime/client/builtin.js";
import { NotFound } from "../../runtime/client/errors.js";
import type { Stored } from "../../runtime/client/objects.js";
import type { ResourceType } from "../../runtime/client/resource.js";

/**
 * The Workload first: as long as it is active, Kueue starts a Job again that someone else suspends. The annotation tells later plans
 * that it was done.
 *
 * @throws {Error} if Kueue has made no Workload for the Job yet: it might start it then
 */
export async function holdInQueue<R extends AgentRun>(
  { job, hold }: { readonly job: ObjectIdentity; readonly hold: boolean },
  context: ApplyContext<R>,
): Promise<void> {
  const { client, signal } = context;
  const done = await unlessRefused(Workloads, job.name, context, async () => {
    const { type, items } = await workloadsOf(job, context);
    if (hold && items.length === 0)
      throw new Error(`Kueue has no Workload for Job ${job.name} yet, so it cannot be held in its queue`);
    for (const { metadata } of items) {
      const body = { metadata: { uid: metadata.uid }, spec: { active: !hold } };
      await client.patch(type, keyOf(context, metadata.name), { type: "merge", body }, { signal });
    }
    return true;
  });
  if (done === undefined) return;
  const body = {
    metadata: { uid: job.uid, annotations: { [runAnnotations.heldInQueue]: hold ? "true" : null } },
    ...(hold && { spec: { suspend: true } }),
  };
  await patchJob(job, body, context);
}

export async function moveToQueue<R extends AgentRun>(
  { job, queue }: { readonly job: ObjectIdentity; readonly queue: string },
  context: ApplyContext<R>,
): Promise<void> {
  await patchJob(job, { metadata: { uid: job.uid, labels: { [queueLabel]: queue } } }, context);
}

async function patchJob<R extends AgentRun>(
  job: ObjectIdentity,
  body: object,
  context: ApplyContext<R>,
): Promise<void> {
  const { client, live, signal } = context;
  const patched = await unlessRefused(Jobs, job.name, context, () =>
    client.patch(Jobs, keyOf(context, job.name), { type: "merge", body }, { signal }),
  );
  if (patched !== undefined) live.jobs.set(patched);
}

/** Those of one Job, in the newest version that the API server has. */
async function workloadsOf<R extends AgentRun>(
  { uid }: ObjectIdentity,
  { client, run, signal }: ApplyContext<R>,
): Promise<{ readonly type: ResourceType<Workload>; readonly items: readonly Stored<Workload>[] }> {
  const { namespace } = run.metadata;
  const options = { ...(namespace !== undefined && { namespace }), labelSelector: `${jobOfWorkload}=${uid}`, signal };
  for (const type of workloadTypes) {
    try {
      return { type, items: (await client.list(type, options)).items };
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
    }
  }
  return { type: Workloads, items: [] };
}
