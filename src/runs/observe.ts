/** Puts together what is known of a run, from caches, and from what was read live during this reconcile. */
import { dependencyIndex, runLabels, ownerIndex, ownerUID, podIndex, workspaceIndexName } from "./metadata.js";
import type { Dependency, Observed, OwnedJob, Refusal } from "./observed.js";
import type { AgentRun, RunKind } from "./run.js";
import type { Announcement } from "./announcements.js";
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

/** The caches that a kind's reconciler reads, with the indexes of `marks.ts`. */
export interface RunReaders<R extends AgentRun> {
  /** Indexes: `dependsOn`, `workspace`. */
  readonly runs: Reader<R>;
  /** Runs of other kinds, which may work in the same workspace. Index: `workspace`. Absent: there are none. */
  readonly otherRuns?: readonly Reader<AgentRun>[];
  /** Indexes: `controllerUID`, `controllerName`. */
  readonly jobs: Reader<Job>;
  /** Index: `controllerUID`. Metadata is enough: `data` is never read. */
  readonly files: Reader<ConfigMap>;
  readonly workspaces: Reader<PersistentVolumeClaim>;
  /** Index: `runUID`. Only pods with the label `orchestrator.io/owner-uid` are needed. */
  readonly pods: Reader<Pod>;
}

/**
 * What was written or read live during one reconcile, in the place of what the caches have. It lives as long as the
 * reconcile: the next one has caches that caught up, or does the same again.
 */
export class Live<R extends AgentRun> {
  /** Of the run that was found. */
  uid: string | undefined;
  run: Stored<R> | undefined;
  runConfirmed = false;
  jobsConfirmed = false;
  readonly jobs = new Overlay<Job>();
  readonly files = new Overlay<ConfigMap>();
  readonly workspaces = new Overlay<PersistentVolumeClaim>();
  readonly pods = new Overlay<Pod>();
  readonly absentJobs = new Set<string>();
  readonly podsOf = new Set<string>();
  readonly warnings = new Map<string, readonly string[]>();
  expansionAsked = false;
  refusal: Refusal | undefined;
  /** What is to be told beside the changes of the status. */
  readonly told: Announcement[] = [];
}

/** Objects that take the place of the cached ones of their UID, and UIDs of objects that are gone. */
export class Overlay<T extends KubernetesObject> {
  readonly #present = new Map<string, Stored<T>>();
  readonly #gone = new Set<string>();

  set(object: Stored<T>): void {
    this.#present.set(object.metadata.uid, object);
  }

  /** The cache may have had it, but it is there no more. */
  remove(uid: string): void {
    this.#present.delete(uid);
    this.#gone.add(uid);
  }

  over(cached: readonly Stored<T>[], belongs: (object: Stored<T>) => boolean): Stored<T>[] {
    const known = new Set(this.#present.keys());
    return [
      ...cached.filter(({ metadata: { uid } }) => !known.has(uid) && !this.#gone.has(uid)),
      ...[...this.#present.values()].filter(belongs),
    ];
  }

  get(cached: Stored<T> | undefined, name: string): Stored<T> | undefined {
    return this.over(cached === undefined ? [] : [cached], ({ metadata }) => metadata.name === name).at(-1);
  }
}

/** Undefined where there is no such run. */
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
  const names = kind.names(run, number);
  const job = live.jobs.get(readers.jobs.get(inNamespace(names.job)), names.job);
  const files = live.files.get(readers.files.get(inNamespace(names.files)), names.files);
  const workspace = live.workspaces.get(readers.workspaces.get(inNamespace(names.workspace)), names.workspace);
  const dependencies = dependenciesOf(readers.runs, run);
  const cycle = cycleThrough(readers.runs, run);
  const workspaceKey = `${key.namespace ?? ""}/${names.workspace}`;
  const sharers = [readers.runs, ...(readers.otherRuns ?? [])].flatMap((runs) =>
    runs.byIndex(workspaceIndexName, workspaceKey),
  );
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
      ...(workspace !== undefined && { workspace }),
    },
    dependencies,
    ...(cycle !== undefined && { dependencyCycle: cycle }),
    workspaceShared: sharers.some(({ metadata }) => metadata.uid !== uid),
    confirmed: { run: live.runConfirmed, jobs: live.jobsConfirmed, absentJobs: live.absentJobs, podsOf: live.podsOf },
    warnings: live.warnings,
    expansionAsked: live.expansionAsked,
    ...(live.refusal !== undefined && { refusal: live.refusal }),
  };
}

/**
 * A deleted Job whose last finalizer was taken: the answer to our own write, which a cache may show a moment longer than
 * the API server has it.
 */
function isGone({ metadata }: Stored<Job>): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
}

/** The runs that this one waits for, as the cache has them. */
export function dependenciesOf<R extends AgentRun>(runs: Reader<R>, run: Stored<R>): Dependency[] {
  return (run.spec.dependsOn ?? []).map((name): Dependency => {
    const other = runs.get(objectKey(run, name));
    return { name, ...(other !== undefined && { phase: other.status?.phase ?? "Pending" }) };
  });
}

/**
 * A way along `dependsOn` from the run back to itself. Admission keeps such circles out, as far as its cache shows them;
 * two runs that are created at the same moment can still make one.
 */
function cycleThrough<R extends AgentRun>(runs: Reader<R>, run: Stored<R>): string[] | undefined {
  const { name: start } = run.metadata;
  const seen = new Set<string>();
  const ways = (run.spec.dependsOn ?? []).map((name) => [start, name]);
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    const name = way.at(-1) ?? "";
    if (name === start) return way;
    if (seen.has(name)) continue;
    seen.add(name);
    const other = runs.get(objectKey(run, name));
    // one that succeeded waits for nothing any more
    if (other?.status?.phase === "Succeeded") continue;
    const before = way;
    ways.push(...(other?.spec.dependsOn ?? []).map((next) => [...before, next]));
  }
  return undefined;
}

/** From the label that we gave it; 0 for a Job that isn't one of ours. */
export function attemptNumber(job: Job): number {
  const number = Number(job.metadata?.labels?.[runLabels.number]);
  return Number.isInteger(number) && number > 0 ? number : 0;
}

/** The first run has the number that `spec.retryAttempt` has; each other one takes the next. */
function nextNumber(run: AgentRun, jobs: readonly OwnedJob[]): number {
  const known = [...(run.status?.runs ?? []), ...jobs].map(({ number }) => number);
  const last = Math.max(0, ...known);
  return last === 0 ? (run.spec.retryAttempt ?? 1) : last + 1;
}

/** Keys of the runs that wait for this one: to be asked again whenever it changes. */
export function dependents<R extends AgentRun>(runs: Reader<R>, changed: KubernetesObject): ObjectKey[] {
  const { namespace, name } = changed.metadata ?? {};
  if (name === undefined) return [];
  return runs.byIndex(dependencyIndex.name, `${namespace ?? ""}/${name}`).map((run) => objectKey(run));
}
