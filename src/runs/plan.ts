/**
 * What ought to happen to a run, decided from what is observed and nothing else. Pure: all semantics are here and in
 * the functions it calls, and are tested without a cluster.
 *
 * A plan is either things to do, after which it is made anew from their results, or a status to be written. So a status
 * only ever says what was seen, and a manager that is killed at any point goes on from what is there.
 */
import { dependencyState } from "./dependencies.js";
import {
  updateHistory,
  givenUp,
  isAskedFor,
  isDeleting,
  isOnlyHeld,
  isRetryAskedFor,
  stopIntent,
  type GivenUp,
  type History,
} from "./history.js";
import { contentDigest, filesConfigMap, attemptJob, workspaceClaim } from "./manifests.js";
import { managedBy, runLabels, runAnnotations, ownerUID, recordedFinalizer } from "./metadata.js";
import { isPodLive, type ObjectIdentity, type Observed, type OwnedJob } from "./observed.js";
import { finishedCondition, isActive } from "./outcome.js";
import { awaitedRetry, decideRetry, policyOf } from "./retry.js";
import { FilesError, type AgentRun, type Cause, type RunKind, type RunStatus } from "./run.js";
import { toSentence } from "./message.js";
import { admitted } from "./slots.js";
import { describe, filesFault, type Standing } from "./status.js";
import { diagnose } from "./start-problem.js";
import { findCondition } from "../api/conditions.js";
import { isTerminal } from "../api/phase.js";
import { quantity } from "../api/quantity.js";
import { formatTime } from "../runtime/clock.js";
import type { ConfigMap, Job, PersistentVolumeClaim, Pod, Stored } from "../runtime/client/objects.js";
import type { Configuration } from "../configuration/configuration.js";

/** One thing to do. The actions of a plan don't depend on each other: they may be done at once. */
export type Action =
  | { readonly do: "addFinalizer" }
  /** Reads from the API server what a cache can't prove; always the run itself. */
  | {
      readonly do: "confirm";
      /** Whether these are gone. */
      readonly jobs: readonly ObjectIdentity[];
      /** Jobs whose last pods are wanted. */
      readonly podsOf: readonly ObjectIdentity[];
      /** Every Job of the run. */
      readonly allJobs: boolean;
    }
  /** Reads the warnings about these objects. */
  | { readonly do: "readWarnings"; readonly about: readonly ObjectIdentity[] }
  | { readonly do: "ensureWorkspace"; readonly claim: PersistentVolumeClaim }
  /** Asks for more storage; that it isn't given is told, and no reason not to start. */
  | { readonly do: "expandWorkspace"; readonly claim: ObjectIdentity; readonly size: string }
  | { readonly do: "ensureFiles"; readonly files: ConfigMap }
  | { readonly do: "removeFiles"; readonly files: ObjectIdentity }
  | { readonly do: "startJob"; readonly job: Job }
  | { readonly do: "suspendJob"; readonly job: ObjectIdentity; readonly suspend: boolean }
  /** Writes on the Job why it is about to be stopped, so that this is known even if nobody lives to record it. */
  | { readonly do: "giveUpJob"; readonly job: ObjectIdentity; readonly because: GivenUp }
  /** Deletes in the foreground: the Job stays until its pods are gone. */
  | { readonly do: "stopJob"; readonly job: ObjectIdentity }
  /** Ends an agent that somebody cut loose from its Job. */
  | { readonly do: "stopPod"; readonly pod: ObjectIdentity }
  /** Takes our finalizer from a deleted Job, and with it the Job. */
  | { readonly do: "forgetJob"; readonly job: Stored<Job> }
  | { readonly do: "removeWorkspace"; readonly claim: ObjectIdentity }
  /** Takes our finalizers from the run, and with them the run. */
  | { readonly do: "release" };

export interface Plan {
  readonly actions: readonly Action[];
  /** To be written where it differs from the present one; absent while there is something to do, and at the end. */
  readonly status?: RunStatus;
  /** Milliseconds since the epoch; absent: nothing happens before something observed changes. */
  readonly lookAgainAt?: number;
}

/** Milliseconds until a run that can't go on is tried again, should nothing it watches change. */
const recheckInterval = 60_000;

export function plan<R extends AgentRun>(
  kind: RunKind<R>,
  observed: Observed<R>,
  configuration: Configuration,
  now: number,
): Plan {
  const { run } = observed;
  if (isDeleting(run)) return planDeletion(kind, observed, configuration, now);
  if (run.metadata.finalizers?.includes(kind.finalizer) !== true) return { actions: [{ do: "addFinalizer" }] };

  const history = updateHistory(kind, observed, configuration, now);
  const doubts = confirmDoubts(history);
  if (doubts !== undefined) return { actions: [doubts] };
  const tidy = planTidying(observed, configuration, now);
  if (tidy.actions.length > 0) return { actions: tidy.actions };

  const next =
    history.current === undefined
      ? afterRun(kind, observed, history, configuration, now)
      : duringRun(observed, history, configuration, now);
  if ("actions" in next) return { actions: next.actions };
  const lookAgainAt = earliest(next.lookAgainAt, tidy.lookAgainAt);
  return {
    actions: [],
    status: describe(kind, observed, history, next, now),
    ...(lookAgainAt !== undefined && { lookAgainAt }),
  };
}

function confirmDoubts({ doubts: { jobs, pods } }: History): Action | undefined {
  return jobs.length + pods.length === 0 ? undefined : confirm({ jobs, podsOf: pods.map(identityOf) });
}

function confirm(what: Partial<Omit<Extract<Action, { do: "confirm" }>, "do">>): Action {
  return { do: "confirm", jobs: [], podsOf: [], allJobs: false, ...what };
}

/** Either what to do, or how things stand. */
type Next = { readonly actions: readonly Action[] } | (Standing & { readonly lookAgainAt?: number });

function identityOf({ job }: OwnedJob): ObjectIdentity {
  return { name: job.metadata.name, uid: job.metadata.uid };
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** A run's Job is there and has not ended. */
function duringRun<R extends AgentRun>(
  observed: Observed<R>,
  history: History,
  configuration: Configuration,
  now: number,
): Next {
  const { run } = observed;
  const record = history.current?.record;
  const job = history.current?.job;
  if (record === undefined || job === undefined) throw new Error("a run that has not ended has a Job, or it is lost");
  const intent = stopIntent(run, history);
  const suspend = run.spec.suspend === true;
  const refused = refusedStanding(observed, now);
  if (refused !== undefined) return { ...refused, phase: "Running" };
  if (isDeleting(job.job)) {
    return {
      phase: "Running",
      reason: "Stopping",
      message: `Run ${record.number} is being stopped; its pods have to end first.`,
      lookAgainAt: now + recheckInterval,
    };
  }
  if (intent !== undefined) return { actions: [{ do: "stopJob", job: identityOf(job) }] };
  if ((job.job.spec?.suspend === true) !== suspend)
    return { actions: [{ do: "suspendJob", job: identityOf(job), suspend }] };
  if (suspend) {
    return {
      phase: "Pending",
      reason: "Suspended",
      message: `Run ${record.number} is suspended; set spec.suspend to false to go on.`,
    };
  }
  if (givenUp(job.job) !== undefined) return { actions: [{ do: "stopJob", job: identityOf(job) }] };
  const { startProblem, ask, lookAgainAt } = diagnose(job, observed, now);
  if (ask.length > 0) return { actions: [{ do: "readWarnings", about: ask }] };
  if (startProblem === undefined) {
    return {
      phase: "Running",
      reason: "Running",
      message: `Run ${record.number} is at work in Job ${job.job.metadata.name}.`,
      ...(lookAgainAt !== undefined && { lookAgainAt }),
    };
  }
  const stuckAt = startProblem.since + configuration.stuckPodSeconds * 1000;
  const isStuck = stuckAt <= now;
  if (isStuck && startProblem.ends) {
    const because = { reason: startProblem.reason, words: startProblem.words };
    return { actions: [{ do: "giveUpJob", job: identityOf(job), because }] };
  }
  const next = earliest(lookAgainAt, isStuck ? undefined : stuckAt);
  return {
    phase: "Running",
    // told at once; called stalled once it has lasted
    reason: isStuck ? startProblem.reason : "PodNotStarting",
    message: toSentence(`Run ${record.number}: ${startProblem.words}`),
    stalled: isStuck,
    workspaceReady: !startProblem.workspace,
    ...(next !== undefined && { lookAgainAt: next }),
  };
}

/** No run is going on: there was none yet, or the newest has ended. */
function afterRun<R extends AgentRun>(
  kind: RunKind<R>,
  observed: Observed<R>,
  history: History,
  configuration: Configuration,
  now: number,
): Next {
  const { run } = observed;
  const stored = run.status ?? {};
  const last = history.records.at(-1);
  // the first run is no answer to a raise, unless it ended before it was started
  const isNew = last === undefined && history.observedRetryAttempt === undefined;
  const asked = isNew ? undefined : stopIntent(run, history);
  if (stored.phase === "Cancelled") return { phase: "Cancelled", keep: true };
  if (isTerminal(stored.phase) && asked !== "replace") return { phase: stored.phase ?? "Failed", keep: true };
  if (last?.outcome === "Succeeded" && !isAskedFor(run, history)) {
    return {
      phase: "Succeeded",
      reason: "Completed",
      message: history.news?.message ?? `Run ${last.number} succeeded.`,
    };
  }
  if (run.spec.cancel === true) {
    // Cancelled is final: a Job that was just made, and that a cache doesn't show yet, must not be left behind
    if (!observed.confirmed.jobs) return { actions: [confirm({ allJobs: true })] };
    const busy = stopLoosePods(observed) ?? waitForPod(observed, now);
    if (busy !== undefined) return busy;
    const message =
      history.news?.message ??
      (last === undefined ? "Cancelled before a run was started." : `Cancelled; run ${last.number} had ended before.`);
    return { phase: "Cancelled", reason: "Cancelled", message };
  }
  // what is not yet in the status must be there before the next run makes it hard to see
  if (history.news !== undefined && asked === "replace") {
    return { phase: "Pending", reason: "NextRun", message: `${history.news.message} Another run was asked for.` };
  }
  if (last === undefined) return start(kind, observed, "Initial", configuration, now);
  if (asked === "replace") return start(kind, observed, causeOfReplacement(run, history), configuration, now);
  return afterFailure(kind, observed, history, configuration, now);
}

function causeOfReplacement(run: AgentRun, history: History): Cause {
  return isRetryAskedFor(run, history) ? "ManualRetry" : "ContextChanged";
}

function afterFailure<R extends AgentRun>(
  kind: RunKind<R>,
  observed: Observed<R>,
  history: History,
  configuration: Configuration,
  now: number,
): Next {
  const stored = observed.run.status ?? {};
  const words = history.news?.message;
  if (words === undefined && stored.nextRetryTime !== undefined) {
    const awaited = awaitedRetry(observed.run, configuration, now);
    if (awaited !== undefined) return awaitRetry(observed, history, awaited);
    // should it have to wait for something else: the time that another clock has written must not come into reach
    const at = Math.min(Date.parse(stored.nextRetryTime), now);
    const started = start(kind, observed, "AutomaticRetry", configuration, now);
    return "actions" in started ? started : { ...started, nextRetryAt: at };
  }
  const decision = decideRetry(policyOf(kind, observed.run, configuration), history.records, now);
  const said = words ?? `Run ${history.records.at(-1)?.number ?? 0} did not succeed.`;
  if (!decision.again) {
    return { phase: "Failed", reason: decision.reason, message: `${said} No other run follows: ${decision.words}.` };
  }
  // whole seconds, as the status has them
  const at = Math.ceil(decision.at / 1000) * 1000;
  return {
    phase: "Pending",
    reason: "RetryScheduled",
    message: `${said} Another run starts at ${formatTime(at)}; ${decision.left} automatic ${decision.left === 1 ? "retry is" : "retries are"} left.`,
    nextRetryAt: at,
    lookAgainAt: at,
  };
}

/** The time of the next run hasn't come; a person who suspends it meanwhile is told that this is known. */
function awaitRetry<R extends AgentRun>({ run }: Observed<R>, history: History, at: number): Next {
  const wait = { phase: "Pending", nextRetryAt: at, lookAgainAt: at } as const;
  if (run.spec.suspend === true) return { ...wait, ...suspended };
  const reason = "RetryScheduled";
  if (findCondition(run.status?.conditions, "Succeeded")?.reason === reason) return { ...wait, keep: true };
  const last = history.records.at(-1);
  const said = `Run ${last?.number ?? 0} ended: ${last?.reason ?? last?.outcome ?? "Failed"}.`;
  return { ...wait, reason, message: `${said} Another run starts at ${formatTime(at)}.` };
}

const suspended = { reason: "Suspended", message: "Suspended; set spec.suspend to false to go on." } as const;

/** Starts the next run, or says what it waits for. */
function start<R extends AgentRun>(
  kind: RunKind<R>,
  observed: Observed<R>,
  cause: Cause,
  configuration: Configuration,
  now: number,
): Next {
  const { run, next } = observed;
  const { names } = next;
  const dependencies = dependencyState(observed.dependencies, observed.dependencyCycle);
  const slot = observed.slot ?? admitted;
  const gates = { dependencies, slot };
  const blocked = (reason: string, message: string): Next => ({ phase: "Pending", reason, message, gates });
  const ending = (what: string): Next => {
    const message = `Waits until ${what} of an earlier run has ended.`;
    return { phase: "Pending", reason: "PreviousRunEnding", message, gates, lookAgainAt: now + recheckInterval };
  };

  if (run.spec.suspend === true) return blocked(suspended.reason, suspended.message);
  if (!dependencies.met) {
    const { reason, message } = dependencies;
    if (reason === "DependencyFailed" && run.spec.onDependencyFailure === "Fail") {
      const words = `${message} spec.onDependencyFailure is Fail, so it is not started.`;
      return { phase: "Failed", reason, message: words, gates };
    }
    return { ...blocked(reason, message), stalled: reason === "DependencyCycle" };
  }
  if (!slot.slotGranted) return { ...blocked(slot.reason, slot.message), lookAgainAt: now + recheckInterval };
  const busy = observed.jobs.find(({ job }) => isActive(job));
  if (busy !== undefined) {
    if (!isDeleting(busy.job)) return { actions: [{ do: "stopJob", job: identityOf(busy) }] };
    return ending(`Job ${busy.job.metadata.name}`);
  }
  // whoever asks for another run wants this one's agent to end; after a failure it may finish what it does
  const loose = cause === "AutomaticRetry" ? undefined : stopLoosePods(observed);
  if (loose !== undefined) return loose;
  const pod = observed.pods.find(isPodLive);
  if (pod !== undefined) return ending(`pod ${pod.metadata.name}`);

  const taken =
    next.job !== undefined && ownerUID(next.job) !== run.metadata.uid
      ? `Job ${names.job}`
      : next.files !== undefined && ownerUID(next.files) !== run.metadata.uid
        ? `ConfigMap ${names.files}`
        : undefined;
  if (taken !== undefined) {
    const message = `${taken} is there and belongs to something else. Delete or rename it; it is not touched from here.`;
    return { phase: "Pending", reason: "NameConflict", message, gates, stalled: true, lookAgainAt: now + recheckInterval };
  }
  const refused = refusedStanding(observed, now);
  if (refused !== undefined) return { ...refused, gates };
  if (next.workspace !== undefined && (isDeleting(next.workspace) || next.workspace.status?.phase === "Lost")) {
    const message = `PersistentVolumeClaim ${names.workspace} is being deleted or has lost its volume.`;
    return {
      phase: "Pending",
      reason: "WorkspaceUnusable",
      message,
      gates,
      stalled: true,
      lookAgainAt: now + recheckInterval,
    };
  }
  try {
    return { actions: startActions(kind, observed, cause, configuration) };
  } catch (error) {
    if (!(error instanceof FilesError)) throw error;
    const message = `The files of run ${next.number} can't be made: ${error.message}`;
    return { phase: "Pending", reason: filesFault, message, gates, stalled: true, lookAgainAt: now + recheckInterval };
  }
}

/** Pods that nothing controls any more: their Job was deleted with `--cascade=orphan`. Those of a Job go with it. */
function loosePods<R extends AgentRun>({ pods }: Observed<R>): Stored<Pod>[] {
  return pods.filter((pod) => ownerUID(pod) === undefined && !isDeleting(pod));
}

function stopLoosePods<R extends AgentRun>(observed: Observed<R>): { readonly actions: readonly Action[] } | undefined {
  const actions = loosePods(observed)
    .filter(isPodLive)
    .map(({ metadata: { name, uid } }): Action => ({ do: "stopPod", pod: { name, uid } }));
  return actions.length === 0 ? undefined : { actions };
}

function waitForPod<R extends AgentRun>({ pods }: Observed<R>, now: number): Next | undefined {
  const pod = pods.find(isPodLive);
  if (pod === undefined) return undefined;
  const message = `Waits until pod ${pod.metadata.name} has ended.`;
  return { phase: "Pending", reason: "Stopping", message, lookAgainAt: now + recheckInterval };
}

/** In three steps: the claim, while the run is read live; its files, which no cache has; then the Job. */
function startActions<R extends AgentRun>(
  kind: RunKind<R>,
  observed: Observed<R>,
  cause: Cause,
  configuration: Configuration,
): Action[] {
  const { run, next, confirmed } = observed;
  const actions: Action[] = [];
  // a cache that lags may hide a change of mind, or the last pod of the run before
  const last = run.status?.runs?.at(-1);
  const before = last?.jobUID === undefined ? [] : [{ name: last.jobName ?? "", uid: last.jobUID }];
  const doubted = before.filter(({ uid }) => !confirmed.podsOf.has(uid));
  // the first run's number comes from the spec: where that changed, a Job of another number may be there already
  const allJobs = last === undefined && (run.metadata.generation ?? 2) > 1 && !confirmed.jobs;
  if (!confirmed.run || doubted.length > 0 || allJobs) actions.push(confirm({ podsOf: doubted, allJobs }));
  if (next.workspace === undefined) {
    actions.push({ do: "ensureWorkspace", claim: workspaceClaim(kind, run, next.names, configuration) });
  } else if (isTooSmall(next.workspace, configuration) && observed.expansionAsked !== true) {
    const { name, uid } = next.workspace.metadata;
    actions.push({ do: "expandWorkspace", claim: { name, uid }, size: configuration.storage.size });
  }
  if (actions.length > 0) return actions;
  if (next.files === undefined) {
    return [{ do: "ensureFiles", files: filesConfigMap(kind, run, next.number, next.names, configuration) }];
  }
  const { uid, annotations } = next.files.metadata;
  if (annotations?.[runAnnotations.digest] !== contentDigest(kind.files(run, next.number, configuration))) {
    // made before the spec, the configuration or a template changed, and never used: no Job of this number was there
    return [{ do: "removeFiles", files: { name: next.names.files, uid } }];
  }
  return [{ do: "startJob", job: attemptJob(kind, run, next.number, next.names, cause, configuration) }];
}

/** Only a claim that was made from here: the size of any other is its owner's. One that is not bound can't grow. */
function isTooSmall({ metadata, spec, status }: Stored<PersistentVolumeClaim>, { storage }: Configuration): boolean {
  if (!storage.allowExpansion || metadata.labels?.[runLabels.managedBy] !== managedBy) return false;
  if (status?.phase !== "Bound") return false;
  return (quantity(spec?.resources?.requests?.storage) ?? Infinity) < (quantity(storage.size) ?? 0);
}

function refusedStanding<R extends AgentRun>(
  { refusal }: Observed<R>,
  now: number,
): (Standing & { readonly lookAgainAt: number }) | undefined {
  if (refusal === undefined) return undefined;
  const message = `The API server refuses ${refusal.kind} ${refusal.name}: ${refusal.message}`;
  return { phase: "Pending", reason: `${refusal.kind}Refused`, message, stalled: true, lookAgainAt: now + recheckInterval };
}

/** Removes Jobs whose outcome is in the stored status: those that are held back only by us, and those past their time. */
function planTidying<R extends AgentRun>(observed: Observed<R>, configuration: Configuration, now: number): Plan {
  const { run, jobs } = observed;
  const records = run.status?.runs ?? [];
  const newest = Math.max(0, ...records.map(({ number }) => number));
  const ttl = (run.spec.ttlSecondsAfterFinished ?? configuration.job.ttlSecondsAfterFinished) * 1000;
  const actions: Action[] = [];
  let lookAgainAt: number | undefined;
  for (const owned of jobs) {
    const record = records.find(({ number }) => number === owned.number);
    const isRecorded = record === undefined ? owned.number < newest : record.outcome !== undefined;
    if (!isRecorded) continue;
    if (isOnlyHeld(owned)) {
      if (owned.job.metadata.finalizers?.includes(recordedFinalizer) === true) {
        actions.push({ do: "forgetJob", job: owned.job });
      }
    } else if (!isDeleting(owned.job)) {
      const end = Date.parse(finishedCondition(owned.job)?.at ?? "");
      if (Number.isNaN(end)) continue;
      if (end + ttl <= now) actions.push({ do: "stopJob", job: identityOf(owned) });
      else lookAgainAt = earliest(lookAgainAt, end + ttl);
    }
  }
  return { actions, ...(lookAgainAt !== undefined && { lookAgainAt }) };
}

/** The run is being deleted: first all agents end, then what belonged to them goes, then the run itself. */
function planDeletion<R extends AgentRun>(
  kind: RunKind<R>,
  observed: Observed<R>,
  configuration: Configuration,
  now: number,
): Plan {
  const { run, jobs, next } = observed;
  const finalizers = run.metadata.finalizers ?? [];
  if (![kind.finalizer, ...kind.olderFinalizers].some((name) => finalizers.includes(name))) return { actions: [] };
  if (jobs.length > 0) {
    const actions = jobs.flatMap((owned): Action[] => {
      if (!isDeleting(owned.job)) return [{ do: "stopJob", job: identityOf(owned) }];
      const held = isOnlyHeld(owned) && owned.job.metadata.finalizers?.includes(recordedFinalizer) === true;
      return held ? [{ do: "forgetJob", job: owned.job }] : [];
    });
    return { actions, lookAgainAt: now + recheckInterval };
  }
  const loose = loosePods(observed).map(({ metadata: { name, uid } }): Action => ({
    do: "stopPod",
    pod: { name, uid },
  }));
  if (loose.length > 0) return { actions: loose };
  const pod = observed.pods.find(isPodLive);
  if (pod !== undefined) {
    const message = `Deletion waits until pod ${pod.metadata.name} has ended.`;
    const status = { ...run.status, message, lastUpdated: formatTime(now) };
    const isTold = run.status?.message === message;
    return { actions: [], ...(!isTold && { status }), lookAgainAt: now + recheckInterval };
  }
  const files = observed.files.map(({ metadata: { name, uid } }): Action => ({
    do: "removeFiles",
    files: { name, uid },
  }));
  if (files.length > 0) return { actions: files };
  const workspace = next.workspace;
  if (
    configuration.cleanup.deleteWorkspace &&
    workspace !== undefined &&
    !observed.workspaceShared &&
    !isDeleting(workspace) &&
    workspace.metadata.labels?.[runLabels.managedBy] === managedBy
  ) {
    return {
      actions: [{ do: "removeWorkspace", claim: { name: workspace.metadata.name, uid: workspace.metadata.uid } }],
    };
  }
  return { actions: [{ do: "release" }] };
}
