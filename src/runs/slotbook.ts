import { isActive } from "./outcome.js";
import { dependencyState } from "./dependencies.js";
import { dependenciesOf, runNumber, type RunReaders } from "./observe.js";
import { isPodLive } from "./observed.js";
import { notes, ownerIndex, podIndex, workspaceIndexName } from "./marks.js";
import type { AgentRun, RunKind } from "./run.js";
import { admitted, decideSlots, type Admission, type Contender } from "./slots.js";
import { isConditionTrue } from "../api/conditions.js";
import { isTerminal } from "../api/phase.js";
import type { KubernetesObject, ObjectKey, Stored } from "../runtime/client/objects.js";
import type { Clock } from "../runtime/clock.js";
import type { ConcurrencyLimits } from "../settings/settings.js";

export interface SlotBookOptions<R extends AgentRun> {
  readonly kind: RunKind<R>;
  readonly readers: RunReaders<R>;
  readonly limits: () => ConcurrencyLimits;
  readonly clock: Clock;
  /** Called with the runs that may start now, for them to be asked again. */
  readonly wake: (keys: readonly ObjectKey[]) => void;
}

/**
 * Keeps count of who works, from the caches: nothing of it has to survive a restart. Only what was let in and has no Job
 * yet is remembered here, for as long as the reconcile that starts it.
 */
export class SlotBook<R extends AgentRun> {
  readonly #options: SlotBookOptions<R>;
  readonly #reserved = new Map<string, Stored<R>>();

  constructor(options: SlotBookOptions<R>) {
    this.#options = options;
  }

  /** Whether the run may start now. If it may, its slots are kept for it until {@link release}. */
  ask(run: Stored<R>): Admission {
    const self = this.#contender(run, this.#options.clock.now(), true);
    // one that works already, or wants nothing, takes no slot by being looked at, and most looks are at such
    if (self?.holds !== false) return admitted;
    const { decisions } = this.#decide(run, self);
    const decision = decisions.get(self.uid) ?? admitted;
    if (decision.admitted) this.#reserved.set(self.uid, run);
    return decision;
  }

  /** The reconcile of the run is over: if it started a Job, that holds the slots from here on; else others may have them. */
  release(uid: string): void {
    const run = this.#reserved.get(uid);
    if (run === undefined) return;
    this.#reserved.delete(uid);
    if (!this.#holds(uid)) this.#wake(run);
  }

  /** This Job, pod or run has come to an end: those who waited for its slots are woken. */
  ended(object: Stored<KubernetesObject>): void {
    const { namespace } = object.metadata;
    const name = runNameOf(object);
    this.#wake(this.#options.readers.runs.get({ name, ...(namespace !== undefined && { namespace }) }));
  }

  /** Wakes those who may start beside this run; without one, all who may. */
  #wake(run: Stored<R> | undefined): void {
    const { known, decisions } = this.#decide(run);
    const keys = known
      .filter(({ metadata }) => decisions.get(metadata.uid)?.admitted === true)
      .map(({ metadata }) => ({
        name: metadata.name,
        ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      }));
    if (keys.length > 0) this.#options.wake(keys);
  }

  /**
   * Looks at all runs that can be in this one's way; without a run, at all there are.
   *
   * @param self the run that asks, in the place of what the cache has of it
   */
  #decide(
    run: Stored<R> | undefined,
    self?: Contender,
  ): {
    readonly known: readonly Stored<R>[];
    readonly decisions: ReadonlyMap<string, Admission>;
  } {
    const { kind, readers, limits, clock } = this.#options;
    const now = clock.now();
    const rules = limits();
    const { total, perNamespace, perService, perAgent, perRepository } = rules;
    const onlyWorkspaces = [total, perNamespace, perService, perAgent, perRepository].every(
      (most) => most === undefined,
    );
    // by default only those in the same workspace can be in each other's way
    const workspace = run === undefined ? undefined : kind.slotGroups(run).workspace;
    const known =
      onlyWorkspaces && workspace !== undefined
        ? readers.runs.byIndex(workspaceIndexName, workspace)
        : readers.runs.list();
    const contenders = known
      .filter(({ metadata }) => metadata.uid !== self?.uid)
      .map((one) => this.#contender(one, now, false))
      .concat(self)
      .filter((one) => one !== undefined);
    return { known, decisions: decideSlots(contenders, rules, now) };
  }

  /** Undefined where it neither works nor wants to. */
  #contender(run: Stored<R>, now: number, isAsking: boolean): Contender | undefined {
    const { uid, creationTimestamp } = run.metadata;
    const holds = this.#holds(uid);
    if (!holds && !this.#wants(run, now, isAsking)) return undefined;
    const lastEnd = Date.parse(run.status?.runs?.at(-1)?.completionTime ?? "");
    const created = Date.parse(creationTimestamp ?? "");
    return {
      uid,
      holds,
      groups: this.#options.kind.slotGroups(run),
      priority: run.spec.priority ?? "medium",
      // a retry waits from the end of the run before it, not since a month ago
      since: Math.max(Number.isNaN(created) ? now : created, Number.isNaN(lastEnd) ? 0 : lastEnd),
    };
  }

  #holds(uid: string): boolean {
    const { jobs, pods } = this.#options.readers;
    return (
      this.#reserved.has(uid) ||
      jobs.byIndex(ownerIndex.name, uid).some(isActive) ||
      pods.byIndex(podIndex.name, uid).some(isPodLive)
    );
  }

  /** It would start if it were let in. */
  #wants(run: Stored<R>, now: number, isAsking: boolean): boolean {
    const { spec, status, metadata } = run;
    if (metadata.deletionTimestamp !== undefined || spec.suspend === true || spec.cancel === true) return false;
    if (isTerminal(status?.phase)) {
      const again =
        (spec.retryAttempt ?? 1) > (status?.observedRetryAttempt ?? 1) ||
        (spec.contextVersion ?? 1) > (status?.observedContextVersion ?? 1);
      if (!again) return false;
    }
    // what can't start must not keep a slot from those who can; it asks for itself now and then
    if (!isAsking && isConditionTrue(status?.conditions, "Stalled")) return false;
    // its last run has ended, and it isn't decided yet whether another follows
    const newest = status?.runs?.at(-1);
    if (newest !== undefined && newest.outcome === undefined) return false;
    const jobs = this.#options.readers.jobs.byIndex(ownerIndex.name, metadata.uid);
    if (jobs.some((job) => runNumber(job) > (newest?.number ?? 0))) return false;
    if (status?.nextRetryTime !== undefined && Date.parse(status.nextRetryTime) > now) return false;
    return dependencyState(dependenciesOf(this.#options.readers.runs, run)).met;
  }
}

/** Name of the run that a Job or a pod works for; a run's own name. */
function runNameOf({ metadata }: Stored<KubernetesObject>): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return metadata.annotations?.[notes.runName] ?? owner?.name ?? metadata.name;
}
