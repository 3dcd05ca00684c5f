/** Live reads of what a cache cannot prove. */
import { keyOf, type ApplyContext } from "./writes.js";
import { ownerUID, runLabels } from "../metadata.js";
import type { ObjectIdentity } from "../observed.js";
import type { Confirm } from "../plan/actions.js";
import type { AgentRun } from "../run.js";
import { Events, Jobs, Pods } from "../../runtime/client/builtin.js";
import { NotFound } from "../../runtime/client/errors.js";
import type { EventsEvent } from "../../runtime/client/objects.js";

export async function confirm<R extends AgentRun>(action: Confirm, context: ApplyContext<R>): Promise<void> {
  await Promise.all([
    readRun(context),
    ...action.jobs.map((job) => readJob(job, context)),
    ...(action.allJobs ? [readAllJobs(context)] : []),
    ...(action.podsOf.length > 0 ? [readPods(action.podsOf, context)] : []),
  ]);
}

/** A run that is gone needs nothing: the NotFound ends the reconcile. */
export async function readRun<R extends AgentRun>(context: ApplyContext<R>): Promise<void> {
  const { client, live, kind, run, signal } = context;
  live.run = await client.get(kind.type, keyOf(context, run.metadata.name), { signal });
  live.runConfirmed = true;
}

async function readJob<R extends AgentRun>({ name, uid }: ObjectIdentity, context: ApplyContext<R>): Promise<void> {
  const { client, live, run, signal } = context;
  try {
    const job = await client.get(Jobs, keyOf(context, name), { signal });
    if (job.metadata.uid === uid && ownerUID(job) === run.metadata.uid) live.jobs.set(job);
    else live.absentJobs.add(uid);
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    live.absentJobs.add(uid);
  }
}

async function readAllJobs<R extends AgentRun>(context: ApplyContext<R>): Promise<void> {
  const { client, live } = context;
  for (const job of (await client.list(Jobs, ownObjects(context))).items) live.jobs.set(job);
  live.jobsConfirmed = true;
}

async function readPods<R extends AgentRun>(
  podsOf: readonly ObjectIdentity[],
  context: ApplyContext<R>,
): Promise<void> {
  const { client, live } = context;
  for (const pod of (await client.list(Pods, ownObjects(context))).items) live.pods.set(pod);
  for (const { uid } of podsOf) live.podsOf.add(uid);
}

/** List options that select what was made for the run. */
function ownObjects<R extends AgentRun>({
  run,
  signal,
}: ApplyContext<R>): {
  readonly namespace?: string;
  readonly labelSelector: string;
  readonly signal: AbortSignal;
} {
  const { namespace, uid } = run.metadata;
  return { ...(namespace !== undefined && { namespace }), labelSelector: `${runLabels.ownerUID}=${uid}`, signal };
}

/** Newest first; of Events that count repetitions, the last one counts. */
export async function readWarnings<R extends AgentRun>(
  object: ObjectIdentity,
  context: ApplyContext<R>,
): Promise<void> {
  const { client, live, run, signal } = context;
  const { namespace } = run.metadata;
  const { items } = await client.list(Events, {
    ...(namespace !== undefined && { namespace }),
    fieldSelector: `regarding.uid=${object.uid},type=Warning`,
    signal,
  });
  // Events of the older API have no eventTime, although the type says so
  const time = ({ series, deprecatedLastTimestamp, eventTime }: EventsEvent): number =>
    Date.parse(series?.lastObservedTime ?? deprecatedLastTimestamp ?? eventTime) || 0;
  const newestFirst = items.toSorted((a, b) => time(b) - time(a));
  live.warnings.set(
    object.uid,
    newestFirst.flatMap(({ note }) => (note === undefined ? [] : [note])),
  );
}
