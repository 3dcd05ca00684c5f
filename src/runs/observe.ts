/** Puts together what is known of a run, from caches and from what was read live during this reconcile. */
import type { Dependency } from "./dependencies.js";
import { earlierEndOf, type EndsBefore } from "./earlier-end.js";
import { identityKey, ownerIndex, podIndex, workspaceIndexName } from "./indexes.js";
import type { Live } from "./live.js";
import { ownerUID, runLabels } from "./metadata.js";
import type { AgentNetworkState, Observed, OwnedJob } from "./observed.js";
import type { NamespaceFacts } from "./namespace-facts.js";
import type { AgentRun, RunKind } from "./run.js";
import { workspaceFor, type Workspace, type WorkspaceOwner } from "./workspace.js";
import { findDependencyCycle } from "../api/dependencies.js";
import { isTerminal } from "../api/phase.js";
import { agentNetworkName } from "../configuration/names.js";
import type { Reader } from "../runtime/cache/reader.js";
import {
  objectKey,
  type ConfigMap,
  type Job,
  type KubernetesObject,
  type ObjectKey,
  type PersistentVolumeClaim,
  type Pod,
  type Stored,
} from "../runtime/client/objects.js";

/** The caches that a kind's reconciler reads, with the indexes of `indexes.ts`. */
export interface RunReaders<R extends AgentRun> {
  /** Indexes: `dependsOn`, `workspace`. */
  readonly runs: Reader<R>;
  /** Runs of other kinds, which may use the same workspace. Index: `workspace`. Absent: no other kinds. */
  readonly otherRuns?: readonly Reader<AgentRun>[];
  /** Indexes: `controllerUID`, `controllerName`. */
  readonly jobs: Reader<Job>;
  /** Index: `controllerUID`. Metadata is enough: `data` is never read. */
  readonly files: Reader<ConfigMap>;
  readonly workspaces: Reader<PersistentVolumeClaim>;
  /** Index: `runUID`. Only pods with the label `orchestrator.io/owner-uid` are needed. */
  readonly pods: Reader<Pod>;
  /** The NetworkPolicy of a namespace. Absent, or undefined: agents' network access is not restricted. */
  readonly network?: (namespace: string) => AgentNetworkState | undefined;
  /** How runs ended that `history` removed. Absent: nothing is remembered. */
  readonly ledger?: EndsBefore;
  /** What policy has to know of a namespace. Absent: nothing is known. */
  readonly namespaceFacts?: (name: string) => NamespaceFacts;
  /** What the agent of a run does, by the run's UID. Absent, or undefined: that is not known. */
  readonly progress?: (uid: string) => string | undefined;
  /** The trust level of a namespace (`isolation`); undefined while it is not known. Absent: no namespace has one. */
  readonly trustLevel?: (namespace: string) => string | undefined;
}

/** Undefined if no such run exists. */
export function observe<R extends AgentRun>(
  kind: RunKind<R>,
  readers: RunReaders<R>,
  key: ObjectKey,
  live: Live<R>,
): Observed<R> | undefined {
  const run = live.run ?? readers.runs.get(key);
  if (run === undefined) return undefined;
  const uid = run.metadata.uid;
  const inNamespace = (name: string): ObjectKey => objectKey(run, name);
  const isOurs = (object: Stored<KubernetesObject>): boolean => ownerUID(object) === uid;

  const jobs = live.jobs
    .over(readers.jobs.byIndex(ownerIndex.name, uid), isOurs)
    .filter((job) => !isGone(job))
    .map((job): OwnedJob => ({ job, number: attemptNumber(job) }))
    .sort((a, b) => a.number - b.number);
  const number = nextNumber(run, jobs);
  const found = workspaceOf(kind, readers, run, kind.names(run, number).workspace, live);
  const names = { ...kind.names(run, number), workspace: found.name };
  const job = live.jobs.get(readers.jobs.get(inNamespace(names.job)), names.job);
  const files = live.files.get(readers.files.get(inNamespace(names.files)), names.files);
  const dependencies = dependenciesOf(readers.runs, run);
  const cycle = dependencyCycle(readers.runs, run);
  const earlierEnd = earlierEndOf(kind, readers.ledger, run, jobs.length > 0, live.runConfirmed);
  const network = networkOf(readers, key.namespace ?? "", live);
  const progress = readers.progress?.(uid);
  return {
    run,
    jobs,
    pods: live.pods.over(readers.pods.byIndex(podIndex.name, uid), (pod) => podIndex.of(pod).includes(uid)),
    files: live.files.over(readers.files.byIndex(ownerIndex.name, uid), isOurs),
    next: {
      number,
      names,
      ...(job !== undefined && { job }),
      ...(files !== undefined && { files }),
      ...(found.owner !== undefined && { owner: found.owner }),
      ...(found.claim !== undefined && { workspace: found.claim }),
      ...(found.isUnrecorded && { isUnrecorded: true }),
      ...(found.isTaken && { isTaken: true }),
    },
    dependencies,
    ...(cycle !== undefined && { dependencyCycle: cycle }),
    ...(readers.namespaceFacts !== undefined && { namespace: readers.namespaceFacts(key.namespace ?? "") }),
    ...(network !== undefined && { network }),
    ...(progress !== undefined && { progress }),
    workspaceShared: found.sharers.some(({ metadata }) => metadata.uid !== uid),
    confirmed: { run: live.runConfirmed, jobs: live.jobsConfirmed, absentJobs: live.absentJobs, podsOf: live.podsOf },
    warnings: live.warnings,
    expansionRequested: live.expansionRequested,
    ...(live.refusal !== undefined && { refusal: live.refusal }),
    ...(earlierEnd !== undefined && { earlierEnd }),
  };
}

interface FoundWorkspace extends Workspace {
  readonly owner?: WorkspaceOwner;
  /** The runs that use it, this one among them. */
  readonly sharers: readonly Stored<AgentRun>[];
}

/** The claim that the next attempt works in, and who else does. */
function workspaceOf<R extends AgentRun>(
  kind: RunKind<R>,
  readers: RunReaders<R>,
  run: Stored<R>,
  name: string,
  live: Live<R>,
): FoundWorkspace {
  const { namespace = "" } = run.metadata;
  const trustLevel = readers.trustLevel === undefined ? "" : readers.trustLevel(namespace);
  const identity = kind.identity(run);
  const base = kind.slotGroups(run).workspace ?? `${namespace}/${name}`;
  const using = (key: string): Stored<AgentRun>[] =>
    [readers.runs, ...(readers.otherRuns ?? [])].flatMap((runs): Stored<AgentRun>[] =>
      runs.byIndex(workspaceIndexName, key),
    );
  const likeUs = using(identityKey(base, identity));
  const isDisputed = (): boolean => {
    if ((run.status?.runs ?? []).length > 0) return false;
    const ours = new Set(likeUs.map(({ metadata }) => metadata.uid));
    return using(base).some(
      ({ metadata, status }) =>
        !ours.has(metadata.uid) && (status?.runs ?? []).length > 0 && !isTerminal(status?.phase),
    );
  };
  const claimOf = (claim: string): Stored<PersistentVolumeClaim> | undefined =>
    live.workspaces.get(readers.workspaces.get(objectKey(run, claim)), claim);
  if (trustLevel === undefined) return { name, sharers: likeUs };
  const owner = { identity, trustLevel };
  const workspace = workspaceFor(name, owner, claimOf, isDisputed);
  // a claim that records no owner may be anybody's
  return { ...workspace, owner, sharers: workspace.isUnrecorded ? using(base) : likeUs };
}

function networkOf<R extends AgentRun>(
  readers: Pick<RunReaders<R>, "network">,
  namespace: string,
  live: Live<R>,
): AgentNetworkState | undefined {
  const state = readers.network?.(namespace);
  if (state === undefined) return undefined;
  const present = live.networkPolicies.get(state.present, agentNetworkName);
  return { wanted: state.wanted, ...(present !== undefined && { present }) };
}

/**
 * A deleted Job whose last finalizer was removed: the answer to our own write. A cache may show it a moment longer than
 * the API server has it.
 */
function isGone({ metadata }: Stored<Job>): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
}

/** The runs that this one depends on, as the cache has them. */
export function dependenciesOf<R extends AgentRun>(runs: Reader<R>, run: Stored<R>): Dependency[] {
  return (run.spec.dependsOn ?? []).map((name): Dependency => {
    const other = runs.get(objectKey(run, name));
    return { name, ...(other !== undefined && { phase: other.status?.phase ?? "Pending" }) };
  });
}

/**
 * The dependency cycle through the run. Admission refuses cycles as far as its cache shows them; two runs that are
 * created at the same moment can still form one.
 */
function dependencyCycle<R extends AgentRun>(runs: Reader<R>, run: Stored<R>): string[] | undefined {
  return findDependencyCycle(run.metadata.name, (name) => {
    if (name === run.metadata.name) return run.spec.dependsOn ?? [];
    const other = runs.get(objectKey(run, name));
    // a run that succeeded waits for nothing any more
    return other === undefined || other.status?.phase === "Succeeded" ? [] : (other.spec.dependsOn ?? []);
  });
}

/** Number of the attempt that a Job was made for; 0 for a Job that is not the orchestrator's. */
export function attemptNumber(job: Job): number {
  const number = Number(job.metadata?.labels?.[runLabels.attempt]);
  return Number.isInteger(number) && number > 0 ? number : 0;
}

/** The first attempt takes its number from `spec.retryAttempt`; each other one takes the next. */
function nextNumber(run: AgentRun, jobs: readonly OwnedJob[]): number {
  const known = [...(run.status?.runs ?? []), ...jobs].map(({ number }) => number);
  const last = Math.max(0, ...known);
  return last === 0 ? (run.spec.retryAttempt ?? 1) : last + 1;
}
