/** Starts the next attempt of a run that is eligible, or says what it waits for. */
import { confirm, type Action } from "./actions.js";
import { recheckInterval, refusedStanding, type Next, type PlanContext } from "./context.js";
import { stopLoosePods } from "./loose-pods.js";
import { releaseNext } from "./settlement.js";
import { withAllowance } from "../budgets/allowance.js";
import { attemptJob, contentDigest, filesConfigMap, workspaceClaim } from "../manifests.js";
import { isManaged, managedBy, ownerUID, runAnnotations, runLabels } from "../metadata.js";
import type { NamespaceFacts } from "../namespace-facts.js";
import { identityOf, isDeleting, isPodLive, type Observed } from "../observed.js";
import { isActive } from "../outcome.js";
import { attemptProblems } from "../policy.js";
import { FilesError, type AgentRun, type Cause } from "../run.js";
import { slotGranted } from "../slots.js";
import { isMarkedIdle } from "../idle-workspaces.js";
import type { WorkspaceOwner } from "../workspace.js";
import { filesFault, type Gates } from "../status.js";
import { quantity } from "../../api/quantity.js";
import type { Reason } from "../../api/reasons.js";
import type { PersistentVolumeClaim, Stored } from "../../runtime/client/objects.js";
import type { Configuration } from "../../configuration/configuration.js";
import type { Eligibility } from "../eligibility.js";

type Eligible = Extract<Eligibility, { readonly eligible: true }>;

export function startAttempt<R extends AgentRun>(context: PlanContext<R>, { cause, dependencies }: Eligible): Next {
  const { observed, now } = context;
  const unaffordable = awaitBudget(context, dependencies);
  if (unaffordable !== undefined) return unaffordable;
  const slot = observed.slot ?? slotGranted;
  const gates: Gates = { dependencies, slot };
  if (!slot.granted) {
    const { reason, message } = slot;
    return { phase: "Pending", reason, message, gates, recheckAt: now + recheckInterval };
  }
  const earlier = awaitEarlierAttempt(observed, cause, gates, now);
  if (earlier !== undefined) return earlier;
  const { owner } = observed.next;
  if (owner === undefined) return awaitNamespace(observed, gates, now);
  const blocked =
    nameConflict(observed) ?? notAllowed(context) ?? refusedStanding(context) ?? unusableWorkspace(context);
  if (blocked !== undefined) {
    const release = releaseNext(observed);
    return release ? { actions: [release] } : { recheckAt: now + recheckInterval, ...blocked, gates };
  }
  try {
    return { actions: startActions(context, owner, cause) };
  } catch (error) {
    if (!(error instanceof FilesError)) throw error;
    const message = `The files of attempt ${observed.next.number} cannot be rendered: ${error.message}`;
    return {
      phase: "Pending",
      reason: filesFault,
      message,
      gates,
      stalled: true,
      recheckAt: now + recheckInterval,
    };
  }
}

/** The run starts when the Budget resets or is raised, or when others have spent less than they reserved. */
function awaitBudget<R extends AgentRun>(
  { observed, now }: PlanContext<R>,
  dependencies: Gates["dependencies"],
): Next | undefined {
  const decision = observed.budgets?.decision;
  if (decision?.granted !== false) return undefined;
  const { reason, message, resetsAt } = decision;
  const recheckAt = Math.min(now + recheckInterval, Math.max(resetsAt, now + 1_000));
  const gates: Gates = { dependencies, slot: decision };
  return { phase: "Pending", reason, message, stalled: reason === "BudgetTooSmall", gates, recheckAt };
}

/** Never two agents in one workspace: everything of earlier attempts has to end first. */
function awaitEarlierAttempt<R extends AgentRun>(
  observed: Observed<R>,
  cause: Cause,
  gates: Gates,
  now: number,
): Next | undefined {
  const ending = (what: string): Next => {
    const message = `Waiting for ${what} of an earlier attempt to end.`;
    return { phase: "Pending", reason: "PreviousAttemptEnding", message, gates, recheckAt: now + recheckInterval };
  };
  const active = observed.jobs.find(({ job }) => isActive(job));
  if (active !== undefined) {
    if (!isDeleting(active.job)) return { actions: [{ do: "stopJob", job: identityOf(active) }] };
    return ending(`Job ${active.job.metadata.name}`);
  }
  // a person who requests another attempt wants this one's agent to end; after a failure it may finish
  const stopping = cause === "AutomaticRetry" ? undefined : stopLoosePods(observed);
  if (stopping !== undefined) return stopping;
  const pod = observed.pods.find(isPodLive);
  return pod === undefined ? undefined : ending(`pod ${pod.metadata.name}`);
}

/** Its labels decide about the trust level, and so about the claim. */
function awaitNamespace<R extends AgentRun>({ run }: Observed<R>, gates: Gates, now: number): Next {
  const message = `The labels of namespace ${run.metadata.namespace ?? ""}, which decide its trust level (isolation), are not known yet.`;
  return { phase: "Pending", reason: "NamespaceUnknown", message, gates, recheckAt: now + namespaceInterval };
}

/** Milliseconds: the operator lists namespaces within moments of its start, and nothing enqueues the run then. */
const namespaceInterval = 1_000;

interface Blocked {
  readonly phase: "Pending";
  readonly reason: Reason;
  readonly message: string;
  readonly stalled: true;
}

function nameConflict<R extends AgentRun>({ run, next, network }: Observed<R>): Blocked | undefined {
  const isForeign = (object: Stored<object> | undefined): boolean =>
    object !== undefined && ownerUID(object) !== run.metadata.uid;
  const taken = isForeign(next.job)
    ? `Job ${next.names.job}`
    : isForeign(next.files)
      ? `ConfigMap ${next.names.files}`
      : network?.present !== undefined && !isManaged(network.present)
        ? `NetworkPolicy ${network.present.metadata.name}`
        : next.isTaken === true
          ? `PersistentVolumeClaim ${next.names.workspace}`
          : undefined;
  if (taken === undefined) return undefined;
  const message = `${taken} already exists and belongs to something else. Delete or rename it; the orchestrator does not touch it.`;
  return { phase: "Pending", reason: "NameConflict", message, stalled: true };
}

/** Admission checked the same; the configuration may have changed since, or a claim appeared. */
function notAllowed<R extends AgentRun>({ kind, observed, configuration }: PlanContext<R>): Blocked | undefined {
  const { run, next } = observed;
  const namespace = namespaceOf(observed);
  const claim = (name: string): PersistentVolumeClaim | undefined =>
    name === next.names.workspace ? next.workspace : undefined;
  const problems = attemptProblems(kind, run, next, { namespace, claim }, configuration);
  if (problems.length === 0) return undefined;
  const message = `Attempt ${next.number} cannot start: ${problems.join("; ")}.`;
  return { phase: "Pending", reason: "PolicyDenied", message, stalled: true };
}

function namespaceOf<R extends AgentRun>({ namespace, run }: Observed<R>): NamespaceFacts {
  return namespace ?? { name: run.metadata.namespace ?? "", isOperators: false };
}

function unusableWorkspace<R extends AgentRun>({ observed, configuration }: PlanContext<R>): Blocked | undefined {
  const { workspace, names } = observed.next;
  if (workspace === undefined && configuration.storage.autoCreate) return undefined;
  if (workspace !== undefined && !isDeleting(workspace) && workspace.status?.phase !== "Lost") return undefined;
  const claim = `PersistentVolumeClaim ${names.workspace}`;
  const message =
    workspace === undefined
      ? `${claim} does not exist, and storage.autoCreate is false in the configuration: create it.`
      : `${claim} is being deleted or has lost its volume.`;
  return { phase: "Pending", reason: "WorkspaceUnusable", message, stalled: true };
}

/** In three steps: the claim, while the run is read live; its files, which no cache holds; then the Job. */
function startActions<R extends AgentRun>(
  { kind, observed, configuration }: PlanContext<R>,
  owner: WorkspaceOwner,
  cause: Cause,
): readonly Action[] {
  const { next, budgets } = observed;
  const { decision } = budgets ?? {};
  const allowance = decision?.granted === true ? decision.allowance : undefined;
  const run = allowance === undefined ? observed.run : withAllowance(observed.run, allowance);
  const preparations = prepareStart(observed, configuration, owner, () =>
    workspaceClaim(kind, run, next.names, owner, configuration),
  );
  if (preparations.length > 0) return preparations;
  // after the run was read live: an attempt that was settled before is in its status, and is not reserved again
  if (decision?.granted === true && !decision.isReserved)
    return [{ do: "reserveBudget", attempt: next.number, allowance: decision.allowance }];
  if (next.files === undefined) {
    return [{ do: "ensureFiles", files: filesConfigMap(kind, run, next.number, next.names, configuration) }];
  }
  const { uid, annotations } = next.files.metadata;
  if (annotations?.[runAnnotations.digest] !== contentDigest(kind.files(run, next.number, configuration))) {
    // made before the spec, the configuration or a template changed, and never used: no Job of this number exists
    return [{ do: "removeFiles", files: { name: next.names.files, uid } }];
  }
  return [{ do: "startJob", job: attemptJob(kind, run, next, cause, configuration, namespaceOf(observed)) }];
}

/** What has to be known and to exist before the files and the Job. */
function prepareStart<R extends AgentRun>(
  { run, next, confirmed, expansionRequested, network }: Observed<R>,
  configuration: Configuration,
  owner: WorkspaceOwner,
  claim: () => PersistentVolumeClaim,
): Action[] {
  const actions: Action[] = [];
  // a cache that lags may hide a change of the spec, or the last pod of the attempt before
  const last = run.status?.runs?.at(-1);
  const before = last?.jobUID === undefined ? [] : [{ name: last.jobName ?? "", uid: last.jobUID }];
  const podsOf = before.filter(({ uid }) => !confirmed.podsOf.has(uid));
  // the first attempt's number comes from the spec: if that changed, a Job of another number may exist already
  const allJobs = last === undefined && (run.metadata.generation ?? 2) > 1 && !confirmed.jobs;
  if (!confirmed.run || podsOf.length > 0 || allJobs) actions.push(confirm({ podsOf, allJobs }));
  if (network !== undefined && network.present === undefined)
    actions.push({ do: "ensureNetwork", policy: network.wanted() });
  if (next.workspace === undefined) {
    actions.push({ do: "ensureWorkspace", claim: claim() });
  } else if (next.isUnrecorded === true || isMarkedIdle(next.workspace)) {
    actions.push({ do: "recordWorkspace", claim: next.workspace, owner });
  } else if (isTooSmall(next.workspace, configuration) && expansionRequested !== true) {
    const { name, uid } = next.workspace.metadata;
    actions.push({ do: "expandWorkspace", claim: { name, uid }, size: configuration.storage.size });
  }
  return actions;
}

/** Only a claim that the orchestrator made: the size of any other is its owner's. An unbound one cannot grow. */
function isTooSmall({ metadata, spec, status }: Stored<PersistentVolumeClaim>, { storage }: Configuration): boolean {
  if (!storage.allowExpansion || metadata.labels?.[runLabels.managedBy] !== managedBy) return false;
  if (status?.phase !== "Bound") return false;
  return (quantity(spec?.resources?.requests?.storage) ?? Infinity) < (quantity(storage.size) ?? 0);
}
