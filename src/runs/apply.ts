/** Carries out the actions of a plan. All effects on the cluster are here, and no decision. */
import { isDeepStrictEqual } from "node:util";
import { formatGivenUp } from "./history.js";
import { runLabels, runAnnotations, ownerUID, recordedFinalizer } from "./metadata.js";
import type { Metrics } from "./metrics.js";
import type { Live } from "./observe.js";
import type { ObjectIdentity } from "./observed.js";
import type { Action } from "./plan.js";
import type { AgentRun, RunKind, RunStatus } from "./run.js";
import { ConfigMaps, Events, Jobs, PersistentVolumeClaims, Pods } from "../runtime/client/builtin.js";
import type { Client, Patch } from "../runtime/client/client.js";
import { AlreadyExists, BadRequest, Conflict, Forbidden, Invalid, NotFound } from "../runtime/client/errors.js";
import {
  objectKey,
  type EventsEvent,
  type Job,
  type KubernetesObject,
  type ObjectKey,
  type Stored,
} from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";

export interface ApplyContext<R extends AgentRun> {
  readonly kind: RunKind<R>;
  readonly client: Client;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
  /** The run as the plan saw it. */
  readonly run: Stored<R>;
  /** Where results go, for the next plan to see. */
  readonly live: Live<R>;
}

/** Does all actions at once; the first failure is thrown after all have ended. */
export async function applyActions<R extends AgentRun>(
  actions: readonly Action[],
  context: ApplyContext<R>,
): Promise<void> {
  const results = await Promise.allSettled(actions.map((action) => applyAction(action, context)));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

function key(context: { readonly run: Stored<AgentRun> }, name: string): ObjectKey {
  return objectKey(context.run, name);
}

async function applyAction<R extends AgentRun>(action: Action, context: ApplyContext<R>): Promise<void> {
  const { client, live, kind, run, signal, metrics } = context;
  switch (action.do) {
    case "addFinalizer": {
      const finalizers = [...(run.metadata.finalizers ?? []), kind.finalizer];
      live.run = await patchMetadata(context, kind.type, run, { finalizers });
      return;
    }
    case "confirm":
      return confirm(action, context);
    case "readWarnings":
      await Promise.all(action.about.map((object) => readWarnings(object, context)));
      return;
    case "ensureWorkspace":
      return create(PersistentVolumeClaims, action.claim, context, (claim) => live.workspaces.set(claim), ignore);
    case "expandWorkspace":
      return expandWorkspace(action, context);
    case "ensureFiles":
      return create(
        ConfigMaps,
        action.files,
        context,
        (files) => live.files.set(files),
        () => metrics.configMapCreated(),
      );
    case "removeFiles":
      await remove(ConfigMaps, action.files, context, "Background");
      live.files.remove(action.files.uid);
      return;
    case "startJob":
      return create(
        Jobs,
        action.job,
        context,
        (job) => live.jobs.set(job),
        () => metrics.jobCreated(),
      );
    case "suspendJob": {
      const body = { metadata: { uid: action.job.uid }, spec: { suspend: action.suspend } };
      const patched = await refusable(Jobs, action.job.name, context, () =>
        client.patch(Jobs, key(context, action.job.name), { type: "merge", body }, { signal }),
      );
      if (patched !== undefined) live.jobs.set(patched);
      return;
    }
    case "giveUpJob": {
      const annotations = { [runAnnotations.givenUp]: formatGivenUp(action.because) };
      const body = { metadata: { uid: action.job.uid, annotations } };
      live.jobs.set(await client.patch(Jobs, key(context, action.job.name), { type: "merge", body }, { signal }));
      return;
    }
    case "stopJob":
      return stopJob(action.job, context);
    case "stopPod": {
      const left = await remove(Pods, action.pod, context, "Background");
      if (left === undefined) live.pods.remove(action.pod.uid);
      else live.pods.set(left);
      return;
    }
    case "forgetJob":
      return forgetJob(action.job, context);
    case "removeWorkspace":
      await remove(PersistentVolumeClaims, action.claim, context, "Background");
      live.workspaces.remove(action.claim.uid);
      return;
    case "release": {
      const ours = [kind.finalizer, ...kind.olderFinalizers];
      const finalizers = (run.metadata.finalizers ?? []).filter((name) => !ours.includes(name));
      try {
        live.run = await patchMetadata(context, kind.type, run, { finalizers });
      } catch (error) {
        // somebody else freed it before
        if (!(error instanceof NotFound)) throw error;
        live.run = { ...run, metadata: { ...run.metadata, finalizers: [] } };
      }
      return;
    }
  }
}

function ignore(): void {
  // nothing is counted for this kind of object
}

/** A merge patch that only holds for the version it was made from: a late one can't undo a newer one. */
function patchMetadata<T extends KubernetesObject>(
  context: { readonly client: Client; readonly signal: AbortSignal; readonly run: Stored<AgentRun> },
  type: ResourceType<T>,
  object: Stored<T>,
  metadata: { readonly finalizers: readonly string[] },
): Promise<Stored<T>> {
  const { uid, resourceVersion } = object.metadata;
  const patch: Patch = { type: "merge", body: { metadata: { uid, resourceVersion, ...metadata } } };
  return context.client.patch(type, key(context, object.metadata.name), patch, { signal: context.signal });
}

/**
 * Creates plainly: these objects never change, and a create is the cheapest write. That the name is taken is success
 * when what is there is ours, and else something for the next plan to see.
 */
async function create<T extends KubernetesObject>(
  type: ResourceType<T>,
  object: T,
  context: ApplyContext<AgentRun>,
  see: (object: Stored<T>) => void,
  count: () => void,
): Promise<void> {
  const { client, signal } = context;
  const name = object.metadata?.name ?? "";
  const created = await refusable(type, name, context, async () => {
    try {
      const stored = await client.create(type, object, { signal });
      count();
      return stored;
    } catch (error) {
      if (!(error instanceof AlreadyExists)) throw error;
      return client.get(type, key(context, name), { signal });
    }
  });
  if (created !== undefined) see(created);
}

/** Runs a write; a refusal that is about what was written, and not about the moment, is noted for the next plan. */
async function refusable<T>(
  type: ResourceType,
  name: string,
  { live }: ApplyContext<AgentRun>,
  write: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof Invalid || error instanceof Forbidden || error instanceof BadRequest)) throw error;
    live.refusal = { kind: type.kind, name, message: error.status.message ?? error.message };
    return undefined;
  }
}

/** @returns the object where it is still there, waiting for finalizers */
async function remove<T extends KubernetesObject>(
  type: ResourceType<T>,
  object: ObjectIdentity,
  context: ApplyContext<AgentRun>,
  propagationPolicy: "Foreground" | "Background",
): Promise<Stored<T> | undefined> {
  const { client, signal } = context;
  const options = { propagationPolicy, preconditions: { uid: object.uid }, signal } as const;
  try {
    return await client.delete(type, key(context, object.name), options);
  } catch (error) {
    // gone, or another object has its name by now
    if (error instanceof NotFound || error instanceof Conflict) return undefined;
    throw error;
  }
}

async function expandWorkspace<R extends AgentRun>(
  { claim, size }: Extract<Action, { do: "expandWorkspace" }>,
  context: ApplyContext<R>,
): Promise<void> {
  const { client, live, signal } = context;
  live.expansionAsked = true;
  const body = { metadata: { uid: claim.uid }, spec: { resources: { requests: { storage: size } } } };
  try {
    const patched = await client.patch(
      PersistentVolumeClaims,
      key(context, claim.name),
      { type: "merge", body },
      { signal },
    );
    live.workspaces.set(patched);
  } catch (error) {
    if (!(error instanceof Invalid || error instanceof Forbidden)) throw error;
    const note = `PersistentVolumeClaim ${claim.name} stays smaller than ${size}: ${error.status.message ?? error.message}`;
    live.told.push({ type: "Warning", reason: "WorkspaceNotExpanded", action: "StartRun", note });
  }
}

/** Newest first; of those that say how often they happened, the last time counts. */
async function readWarnings<R extends AgentRun>(object: ObjectIdentity, context: ApplyContext<R>): Promise<void> {
  const { client, live, run, signal } = context;
  const { namespace } = run.metadata;
  const { items } = await client.list(Events, {
    ...(namespace !== undefined && { namespace }),
    fieldSelector: `regarding.uid=${object.uid},type=Warning`,
    signal,
  });
  // events of the older API have no eventTime, whatever the type says
  const time = ({ series, deprecatedLastTimestamp, eventTime }: EventsEvent): number =>
    Date.parse(series?.lastObservedTime ?? deprecatedLastTimestamp ?? eventTime) || 0;
  const newestFirst = items.toSorted((a, b) => time(b) - time(a));
  live.warnings.set(
    object.uid,
    newestFirst.flatMap(({ note }) => (note === undefined ? [] : [note])),
  );
}

async function stopJob<R extends AgentRun>(job: ObjectIdentity, context: ApplyContext<R>): Promise<void> {
  const left = await remove(Jobs, job, context, "Foreground");
  if (left === undefined) context.live.jobs.remove(job.uid);
  else context.live.jobs.set(left);
}

/** Its status changes while it goes, so a conflict is nothing special: the finalizer is taken from what is there then. */
async function forgetJob<R extends AgentRun>(job: Stored<Job>, context: ApplyContext<R>): Promise<void> {
  const { client, live, signal } = context;
  let current = job;
  for (let attempt = 1; ; attempt++) {
    const finalizers = (current.metadata.finalizers ?? []).filter((name) => name !== recordedFinalizer);
    try {
      await patchMetadata(context, Jobs, current, { finalizers });
      break;
    } catch (error) {
      if (error instanceof NotFound) break;
      if (!(error instanceof Conflict) || attempt === 4) throw error;
    }
    try {
      current = await client.get(Jobs, key(context, job.metadata.name), { signal });
    } catch (error) {
      if (error instanceof NotFound) break;
      throw error;
    }
    if (current.metadata.uid !== job.metadata.uid) break;
  }
  live.jobs.remove(job.metadata.uid);
}

/** Quorum reads of what a cache can't prove. */
async function confirm<R extends AgentRun>(
  action: Extract<Action, { do: "confirm" }>,
  context: ApplyContext<R>,
): Promise<void> {
  const { client, live, kind, run, signal } = context;
  const readRun = async (): Promise<void> => {
    // of a run that is gone nothing has to be done: the NotFound ends the reconcile
    live.run = await client.get(kind.type, key(context, run.metadata.name), { signal });
    live.runConfirmed = true;
  };
  const readJob = async ({ name, uid }: ObjectIdentity): Promise<void> => {
    try {
      const job = await client.get(Jobs, key(context, name), { signal });
      if (job.metadata.uid === uid && ownerUID(job) === run.metadata.uid) live.jobs.set(job);
      else live.absentJobs.add(uid);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      live.absentJobs.add(uid);
    }
  };
  const { namespace } = run.metadata;
  const ours = {
    ...(namespace !== undefined && { namespace }),
    labelSelector: `${runLabels.ownerUID}=${run.metadata.uid}`,
    signal,
  };
  const readAllJobs = async (): Promise<void> => {
    for (const job of (await client.list(Jobs, ours)).items) live.jobs.set(job);
    live.jobsConfirmed = true;
  };
  const readPods = async (): Promise<void> => {
    for (const pod of (await client.list(Pods, ours)).items) live.pods.set(pod);
    for (const { uid } of action.podsOf) live.podsOf.add(uid);
  };
  await Promise.all([
    readRun(),
    ...action.jobs.map(readJob),
    ...(action.allJobs ? [readAllJobs()] : []),
    ...(action.podsOf.length > 0 ? [readPods()] : []),
  ]);
}

/**
 * Writes what differs of the status, by a merge patch that carries the resourceVersion it was made from: whoever wrote
 * in between makes it a `Conflict`, and never an overwriting.
 *
 * @returns whether there was anything to write
 */
export async function applyStatus<R extends AgentRun>(status: RunStatus, context: ApplyContext<R>): Promise<boolean> {
  const { client, kind, run, live, signal } = context;
  const changes = difference(run.status ?? {}, status);
  if (changes === undefined) return false;
  const { uid, resourceVersion } = run.metadata;
  const patch: Patch = { type: "merge", body: { metadata: { uid, resourceVersion }, status: changes } };
  const options = { subresource: "status", signal };
  live.run = await client.patch(kind.type, key(context, run.metadata.name), patch, options);
  return true;
}

/** RFC 7386: what makes `before` into `after`; undefined where they are alike. Lists are replaced as a whole. */
export function difference(before: object, after: object): Record<string, unknown> | undefined {
  const old = new Map<string, unknown>(Object.entries(before));
  const next = new Map<string, unknown>(Object.entries(after));
  const changes: [string, unknown][] = [];
  for (const name of old.keys()) if (!next.has(name)) changes.push([name, null]);
  for (const [name, value] of next) if (!isDeepStrictEqual(old.get(name), value)) changes.push([name, value]);
  return changes.length === 0 ? undefined : Object.fromEntries(changes);
}
