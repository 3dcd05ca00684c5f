/** Carries out the actions of a plan. All effects on the cluster are in this folder, and no decisions. */
import { confirm, readRun, readWarnings } from "./confirm.js";
import { create, keyOf, patchMetadata, remove, unlessRefused, type ApplyContext } from "./writes.js";
import { holdInQueue, moveToQueue } from "./queue.js";
import { formatGivenUp } from "../given-up.js";
import { recordedFinalizer, runAnnotations } from "../metadata.js";
import type { ObjectIdentity } from "../observed.js";
import type { Action } from "../plan/actions.js";
import type { AgentRun } from "../run.js";
import { ownerAnnotations } from "../workspace.js";
import { Budgets } from "../../api/budget.js";
import { ConfigMaps, Jobs, NetworkPolicies, PersistentVolumeClaims, Pods } from "../../runtime/client/builtin.js";
import { Conflict, Forbidden, Invalid, NotFound } from "../../runtime/client/errors.js";
import { objectKey, type Job, type Stored } from "../../runtime/client/objects.js";

/** Carries out all actions concurrently. The first failure is thrown after all have ended. */
export async function applyActions<R extends AgentRun>(
  actions: readonly Action[],
  context: ApplyContext<R>,
): Promise<void> {
  const results = await Promise.allSettled(actions.map((action) => applyAction(action, context)));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

type Of<D extends Action["do"]> = Extract<Action, { readonly do: D }>;

function applyAction<R extends AgentRun>(action: Action, context: ApplyContext<R>): Promise<void> {
  const { live, metrics } = context;
  switch (action.do) {
    case "addFinalizer":
      return addFinalizer(context);
    case "confirm":
      return confirm(action, context);
    case "readWarnings":
      return Promise.all(action.about.map((object) => readWarnings(object, context))).then(() => undefined);
    case "readEarlierEnd":
      return Promise.all([context.ledger?.load(context.signal), readRun(context)]).then(() => undefined);
    case "forgetEnd":
      return forgetEnd(context);
    case "ensureWorkspace":
      return create(PersistentVolumeClaims, action.claim, context, (claim) => live.workspaces.set(claim));
    case "recordWorkspace":
      return recordWorkspace(action, context);
    case "ensureNetwork":
      return create(NetworkPolicies, action.policy, context, (policy) => live.networkPolicies.set(policy));
    case "expandWorkspace":
      return expandWorkspace(action, context);
    case "ensureFiles": {
      return create(
        ConfigMaps,
        action.files,
        context,
        (files) => live.files.set(files),
        () => metrics.configMapCreated(),
      );
    }
    case "removeFiles":
      return remove(ConfigMaps, action.files, context, "Background").then(() => live.files.remove(action.files.uid));
    case "reserveBudget":
      return reserveBudget(action, context);
    case "settleBudget":
      return settleBudget(action, context);
    case "startJob": {
      return create(
        Jobs,
        action.job,
        context,
        (job) => live.jobs.set(job),
        () => metrics.jobCreated(),
      );
    }
    case "suspendJob":
      return suspendJob(action, context);
    case "holdInQueue":
      return holdInQueue(action, context);
    case "moveToQueue":
      return moveToQueue(action, context);
    case "giveUpJob":
      return giveUpJob(action, context);
    case "stopJob":
      return stopJob(action.job, context);
    case "stopPod":
      return stopPod(action.pod, context);
    case "forgetJob":
      return forgetJob(action.job, context);
    case "removeWorkspace":
      return removeWorkspace(action.claim, context);
    case "release":
      return release(context);
  }
}

async function addFinalizer<R extends AgentRun>(context: ApplyContext<R>): Promise<void> {
  const { live, kind, run } = context;
  const finalizers = [...(run.metadata.finalizers ?? []), kind.finalizer];
  live.run = await patchMetadata(context, kind.type, run, { finalizers });
}

async function forgetEnd<R extends AgentRun>({ ledger, kind, run, signal }: ApplyContext<R>): Promise<void> {
  await ledger?.forget({ type: kind.type, key: objectKey(run) }, signal);
}

async function release<R extends AgentRun>(context: ApplyContext<R>): Promise<void> {
  const { live, kind, run } = context;
  const ours = [kind.finalizer, ...kind.olderFinalizers];
  const finalizers = (run.metadata.finalizers ?? []).filter((name) => !ours.includes(name));
  try {
    live.run = await patchMetadata(context, kind.type, run, { finalizers });
  } catch (error) {
    // someone else removed the finalizer before
    if (!(error instanceof NotFound)) throw error;
    live.run = { ...run, metadata: { ...run.metadata, finalizers: [] } };
  }
}

/** The first owner to record itself has the claim: whoever is later finds that, and plans again. */
async function recordWorkspace<R extends AgentRun>(
  { claim, owner }: Of<"recordWorkspace">,
  context: ApplyContext<R>,
): Promise<void> {
  const { client, live, signal } = context;
  const { name } = claim.metadata;
  try {
    const recorded = await patchMetadata(context, PersistentVolumeClaims, claim, {
      annotations: { ...ownerAnnotations(owner), [runAnnotations.idleSince]: null },
    });
    live.workspaces.set(recorded);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    live.workspaces.set(await client.get(PersistentVolumeClaims, keyOf(context, name), { signal }));
  }
}

async function expandWorkspace<R extends AgentRun>(
  { claim, size }: Of<"expandWorkspace">,
  context: ApplyContext<R>,
): Promise<void> {
  const { client, live, signal } = context;
  live.expansionRequested = true;
  const body = { metadata: { uid: claim.uid }, spec: { resources: { requests: { storage: size } } } };
  const patch = { type: "merge", body } as const;
  try {
    live.workspaces.set(await client.patch(PersistentVolumeClaims, keyOf(context, claim.name), patch, { signal }));
  } catch (error) {
    if (!(error instanceof Invalid || error instanceof Forbidden)) throw error;
    const why = error.status.message ?? error.message;
    const note = `PersistentVolumeClaim ${claim.name} stays smaller than ${size}: ${why}`;
    live.announcements.push({ type: "Warning", reason: "WorkspaceNotExpanded", action: "StartRun", note });
  }
}

async function removeWorkspace<R extends AgentRun>(claim: ObjectIdentity, context: ApplyContext<R>): Promise<void> {
  await remove(PersistentVolumeClaims, claim, context, "Background");
  context.live.workspaces.remove(claim.uid);
}

/** A Budget that has no room any more is seen by the next plan. */
async function reserveBudget<R extends AgentRun>(
  { attempt, allowance }: Of<"reserveBudget">,
  context: ApplyContext<R>,
): Promise<void> {
  const { budgets, run, signal } = context;
  await unlessRefused(Budgets, "status", context, async () => budgets?.reserve(run, attempt, allowance, signal));
}

async function settleBudget<R extends AgentRun>(
  { attempt, settlement }: Of<"settleBudget">,
  { budgets, run, signal }: ApplyContext<R>,
): Promise<void> {
  await budgets?.settle(run, attempt, settlement, signal);
}

async function suspendJob<R extends AgentRun>(
  { job, suspend }: Of<"suspendJob">,
  context: ApplyContext<R>,
): Promise<void> {
  const { client, live, signal } = context;
  const body = { metadata: { uid: job.uid }, spec: { suspend } };
  const patched = await unlessRefused(Jobs, job.name, context, () =>
    client.patch(Jobs, keyOf(context, job.name), { type: "merge", body }, { signal }),
  );
  if (patched !== undefined) live.jobs.set(patched);
}

async function giveUpJob<R extends AgentRun>(
  { job, because }: Of<"giveUpJob">,
  context: ApplyContext<R>,
): Promise<void> {
  const { client, live, signal } = context;
  const annotations = { [runAnnotations.givenUp]: formatGivenUp(because) };
  const body = { metadata: { uid: job.uid, annotations } };
  live.jobs.set(await client.patch(Jobs, keyOf(context, job.name), { type: "merge", body }, { signal }));
}

async function stopJob<R extends AgentRun>(job: ObjectIdentity, context: ApplyContext<R>): Promise<void> {
  const left = await remove(Jobs, job, context, "Foreground");
  if (left === undefined) context.live.jobs.remove(job.uid);
  else context.live.jobs.set(left);
}

async function stopPod<R extends AgentRun>(pod: ObjectIdentity, context: ApplyContext<R>): Promise<void> {
  const left = await remove(Pods, pod, context, "Background");
  if (left === undefined) context.live.pods.remove(pod.uid);
  else context.live.pods.set(left);
}

/** Its status may change meanwhile, so conflicts are expected: the finalizer is removed from what is read then. */
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
      current = await client.get(Jobs, keyOf(context, job.metadata.name), { signal });
    } catch (error) {
      if (error instanceof NotFound) break;
      throw error;
    }
    if (current.metadata.uid !== job.metadata.uid) break;
  }
  live.jobs.remove(job.metadata.uid);
}
