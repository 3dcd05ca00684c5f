import { isAskedFor } from "./history.js";
import { isActive } from "./outcome.js";
import { dependencyState } from "./dependencies.js";
import { dependenciesOf, runNumber, type RunReaders } from "./observe.js";
import { isPodLive } from "./observed.js";
import { runAnnotations, ownerIndex, podIndex, workspaceIndexName } from "./metadata.js";
import type { AgentRun, RunKind } from "./run.js";
import { awaitedRetry } from "./retry.js";
import { admitted, decideSlots, type SlotDecision, type Contender } from "./slots.js";
import { isConditionTrue } from "../api/conditions.js";
import { isTerminal } from "../api/phase.js";
import { objectKey, type KubernetesObject, type ObjectKey, type Stored } from "../runtime/client/objects.js";
import type { Clock } from "../runtime/clock.js";
import { controllingOwner } from "../runtime/controller/owner.js";
import type { Configuration } from "../configuration/configuration.js";

export interface SlotBookOptions {
  readonly configuration: () => Pick<Configuration, "concurrency" | "retry">;
  readonly clock: Clock;
}

/** The runs of one kind that slots are kept for. */
export interface SlotMember<R extends AgentRun> {
  readonly kind: RunKind<R>;
  readonly readers: RunReaders<R>;
  /** Called with the runs that may start now, for them to be asked again. */
  readonly wake: (keys: readonly ObjectKey[]) => void;
}

/** A run as the book looks at it. */
interface Looked {
  readonly key: ObjectKey;
  /** Undefined where it neither works nor wants to. */
  readonly contender: Contender | undefined;
}

/** A kind's runs, whatever the kind. */
interface Part {
  /** Those in a workspace; without one, all. */
  look(workspace: string | undefined, now: number): readonly Looked[];
  wake(keys: readonly ObjectKey[]): void;
}

/**
 * Keeps count of who works, from the caches: nothing of it has to survive a restart. A limit counts the runs of all kinds
 * together, since they share what it saves: nodes, an agent's account, a repository, a workspace.
 */
export class SlotBook {
  readonly #options: SlotBookOptions;
  readonly #parts: Part[] = [];

  constructor(options: SlotBookOptions) {
    this.#options = options;
  }

  /** Counts the runs of a kind from now on. */
  add<R extends AgentRun>(member: SlotMember<R>): KindSlots<R> {
    const slots = new KindSlots(this, member, this.#options);
    this.#parts.push(slots);
    return slots;
  }

  /** Whether a contender may start beside all that are known. */
  decide(self: Contender): SlotDecision {
    return this.#look(self.groups.workspace, self).decisions.get(self.uid) ?? admitted;
  }

  /**
   * Wakes those who may start, where something in that workspace has ended; without one, all who may.
   *
   * @param except UID of the run that just had its turn: it would wake itself for ever
   */
  wake(workspace: string | undefined, except?: string): void {
    const { looked, decisions } = this.#look(workspace);
    const isNext = ({ uid }: Contender): boolean => uid !== except && decisions.get(uid)?.admitted === true;
    for (const { part, runs } of looked) {
      const keys = runs.filter(({ contender }) => contender !== undefined && isNext(contender)).map(({ key }) => key);
      if (keys.length > 0) part.wake(keys);
    }
  }

  /** @param self the run that asks, in the place of what the cache has of it */
  #look(
    workspace: string | undefined,
    self?: Contender,
  ): {
    readonly looked: readonly { readonly part: Part; readonly runs: readonly Looked[] }[];
    readonly decisions: ReadonlyMap<string, SlotDecision>;
  } {
    const now = this.#options.clock.now();
    const rules = this.#options.configuration().concurrency;
    const { total, perNamespace, perService, perAgent, perRepository } = rules;
    // by default only those in the same workspace can be in each other's way
    const onlyWorkspaces = [total, perNamespace, perService, perAgent, perRepository].every(
      (most) => most === undefined,
    );
    const looked = this.#parts.map((part) => ({ part, runs: part.look(onlyWorkspaces ? workspace : undefined, now) }));
    const contenders = looked
      .flatMap(({ runs }) => runs.map(({ contender }) => contender))
      .filter((one) => one?.uid !== self?.uid)
      .concat(self)
      .filter((one) => one !== undefined);
    return { looked, decisions: decideSlots(contenders, rules, now) };
  }
}

/**
 * The slots of one kind's runs. Only what was let in and has no Job yet is remembered here, for as long as the reconcile
 * that starts it.
 */
export class KindSlots<R extends AgentRun> implements Part {
  readonly #book: SlotBook;
  readonly #member: SlotMember<R>;
  readonly #options: SlotBookOptions;
  readonly #reserved = new Map<string, Stored<R>>();

  constructor(book: SlotBook, member: SlotMember<R>, options: SlotBookOptions) {
    this.#book = book;
    this.#member = member;
    this.#options = options;
  }

  /** Whether the run may start now. If it may, its slots are kept for it until {@link release}. */
  ask(run: Stored<R>): SlotDecision {
    const self = this.#contender(run, this.#options.clock.now(), true);
    // one that works already, or wants nothing, takes no slot by being looked at, and most looks are at such
    if (self?.holds !== false) return admitted;
    const decision = this.#book.decide(self);
    if (decision.admitted) this.#reserved.set(self.uid, run);
    return decision;
  }

  /** The reconcile of the run is over: if it started a Job, that holds the slots from here on; else others may have them. */
  release(uid: string): void {
    const run = this.#reserved.get(uid);
    if (run === undefined) return;
    this.#reserved.delete(uid);
    if (!this.#holds(uid)) this.#wake(run, uid);
  }

  /** This Job, pod or run of the kind has come to an end: those who waited for its slots are woken. */
  ended(object: Stored<KubernetesObject>): void {
    this.#wake(this.#member.readers.runs.get(objectKey(object, runNameOf(object))));
  }

  look(workspace: string | undefined, now: number): readonly Looked[] {
    const { runs } = this.#member.readers;
    const known = workspace === undefined ? runs.list() : runs.byIndex(workspaceIndexName, workspace);
    return known.map((run) => ({
      key: objectKey(run),
      contender: this.#contender(run, now, false),
    }));
  }

  wake(keys: readonly ObjectKey[]): void {
    this.#member.wake(keys);
  }

  #wake(run: Stored<R> | undefined, except?: string): void {
    this.#book.wake(run === undefined ? undefined : this.#member.kind.slotGroups(run).workspace, except);
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
      groups: this.#member.kind.slotGroups(run),
      priority: run.spec.priority ?? "medium",
      // a retry waits from the end of the run before it, not since a month ago
      since: Math.max(Number.isNaN(created) ? now : created, Number.isNaN(lastEnd) ? 0 : lastEnd),
    };
  }

  #holds(uid: string): boolean {
    const { jobs, pods } = this.#member.readers;
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
    const isAsked = isAskedFor(run, status ?? {});
    if (isTerminal(status?.phase) && !isAsked) return false;
    // what can't start must not keep a slot from those who can; it asks for itself now and then
    if (!isAsking && isConditionTrue(status?.conditions, "Stalled")) return false;
    // its last run has ended, and it isn't decided yet whether another follows
    const newest = status?.runs?.at(-1);
    if (newest !== undefined && newest.outcome === undefined) return false;
    const jobs = this.#member.readers.jobs.byIndex(ownerIndex.name, metadata.uid);
    if (jobs.some((job) => runNumber(job) > (newest?.number ?? 0))) return false;
    // somebody who asks for another run doesn't wait for the automatic one
    if (!isAsked && awaitedRetry(run, this.#options.configuration(), now) !== undefined) return false;
    return dependencyState(dependenciesOf(this.#member.readers.runs, run)).met;
  }
}

/** Name of the run that a Job or a pod works for; a run's own name. */
function runNameOf(object: Stored<KubernetesObject>): string {
  const { annotations, name } = object.metadata;
  return annotations?.[runAnnotations.runName] ?? controllingOwner(object)?.name ?? name;
}
