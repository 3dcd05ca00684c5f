/** Who holds slots and who waits for one, from the caches, for `slots.ts` to decide. */
import { earlierEndOf } from "./earlier-end.js";
import { eligibility, recordedProgress } from "./eligibility.js";
import { ownerIndex, podIndex, workspaceIndexName } from "./indexes.js";
import { runNameOf } from "./metadata.js";
import { attemptNumber, dependenciesOf, type RunReaders } from "./observe.js";
import { isPodLive } from "./observed.js";
import { isActive } from "./outcome.js";
import type { AgentRun, RunKind } from "./run.js";
import { decideSlots, slotGranted, type Contender, type SlotDecision } from "./slots.js";
import { isConditionTrue } from "../api/conditions.js";
import { objectKey, type KubernetesObject, type ObjectKey, type Stored } from "../runtime/client/objects.js";
import type { Clock } from "../runtime/clock.js";
import type { Configuration } from "../configuration/configuration.js";

export interface SlotBookOptions {
  readonly configuration: () => Pick<Configuration, "concurrency" | "retry">;
  readonly clock: Clock;
}

/** One kind whose runs are counted. */
export interface SlotMember<R extends AgentRun> {
  readonly kind: RunKind<R>;
  readonly readers: RunReaders<R>;
  /** Called with the runs that may start now, to reconcile them. */
  readonly enqueue: (keys: readonly ObjectKey[]) => void;
}

/** A run and what it counts as. */
interface Entry {
  readonly key: ObjectKey;
  /** Undefined if it neither holds slots nor waits for any. */
  readonly contender: Contender | undefined;
}

/** The runs of one kind. */
interface Member {
  /** @param workspace only the runs in this workspace; undefined: all */
  entries(workspace: string | undefined, now: number): readonly Entry[];
  enqueue(keys: readonly ObjectKey[]): void;
}

/**
 * Counts slots from the caches; nothing of it has to survive a restart. A limit counts the runs of all kinds together,
 * because they share what it protects: nodes, an agent's account, a repository, a workspace.
 */
export class SlotBook {
  readonly #options: SlotBookOptions;
  readonly #members: Member[] = [];

  constructor(options: SlotBookOptions) {
    this.#options = options;
  }

  /** Counts the runs of a kind from now on. */
  add<R extends AgentRun>(member: SlotMember<R>): KindSlots<R> {
    const slots = new KindSlots(this, member, this.#options);
    this.#members.push(slots);
    return slots;
  }

  /** Whether a contender may start beside all others. */
  decide(self: Contender): SlotDecision {
    return this.#decideAll(self.groups.workspace, self).decisions.get(self.uid) ?? slotGranted;
  }

  /**
   * Enqueues the runs that may start after something in a workspace has ended; without a workspace, all that may start.
   *
   * @param except UID of the run that was just reconciled: it would enqueue itself for ever
   */
  wake(workspace: string | undefined, except?: string): void {
    const { entries, decisions } = this.#decideAll(workspace);
    const mayStart = (contender: Contender | undefined): boolean =>
      contender !== undefined && contender.uid !== except && decisions.get(contender.uid)?.granted === true;
    for (const { member, runs } of entries) {
      const keys = runs.filter(({ contender }) => mayStart(contender)).map(({ key }) => key);
      if (keys.length > 0) member.enqueue(keys);
    }
  }

  /** @param self the run that asks, in place of what the cache has of it */
  #decideAll(
    workspace: string | undefined,
    self?: Contender,
  ): {
    readonly entries: readonly { readonly member: Member; readonly runs: readonly Entry[] }[];
    readonly decisions: ReadonlyMap<string, SlotDecision>;
  } {
    const now = this.#options.clock.now();
    const limits = this.#options.configuration().concurrency;
    const { total, perNamespace, perService, perAgent, perRepository } = limits;
    // by default only runs in the same workspace compete
    const isWorkspaceOnly = [total, perNamespace, perService, perAgent, perRepository].every(
      (limit) => limit === undefined,
    );
    const scope = isWorkspaceOnly ? workspace : undefined;
    const entries = this.#members.map((member) => ({ member, runs: member.entries(scope, now) }));
    const contenders = entries
      .flatMap(({ runs }) => runs.map(({ contender }) => contender))
      .filter((one) => one?.uid !== self?.uid)
      .concat(self)
      .filter((one) => one !== undefined);
    return { entries, decisions: decideSlots(contenders, limits, now) };
  }
}

/**
 * The slots of one kind's runs. The only state is which runs were granted a slot and have no Job yet, for as long as the
 * reconcile that starts it.
 */
export class KindSlots<R extends AgentRun> implements Member {
  readonly #book: SlotBook;
  readonly #member: SlotMember<R>;
  readonly #options: SlotBookOptions;
  readonly #reserved = new Map<string, Stored<R>>();

  constructor(book: SlotBook, member: SlotMember<R>, options: SlotBookOptions) {
    this.#book = book;
    this.#member = member;
    this.#options = options;
  }

  /**
   * Whether a run that is eligible may start now. If so, its slots are reserved until {@link release}. A run that holds
   * slots already may.
   */
  request(run: Stored<R>): SlotDecision {
    const { uid } = run.metadata;
    if (this.#holds(uid)) return slotGranted;
    const decision = this.#book.decide(this.#contender(run, false, this.#options.clock.now()));
    if (decision.granted) this.#reserved.set(uid, run);
    return decision;
  }

  /** Ends a reservation: a Job that was started holds the slots from here on; without one, others may have them. */
  release(uid: string): void {
    const run = this.#reserved.get(uid);
    if (run === undefined) return;
    this.#reserved.delete(uid);
    if (!this.#holds(uid)) this.#wake(run, uid);
  }

  /** Enqueues the runs that waited for the slots of this Job, pod or run of the kind, which has ended. */
  ended(object: Stored<KubernetesObject>): void {
    const name = runNameOf(object) ?? object.metadata.name;
    this.#wake(this.#member.readers.runs.get(objectKey(object, name)));
  }

  entries(workspace: string | undefined, now: number): readonly Entry[] {
    const { runs } = this.#member.readers;
    const known = workspace === undefined ? runs.list() : runs.byIndex(workspaceIndexName, workspace);
    return known.map((run) => {
      const holds = this.#holds(run.metadata.uid);
      const isContender = holds || this.#waits(run, now);
      return { key: objectKey(run), contender: isContender ? this.#contender(run, holds, now) : undefined };
    });
  }

  enqueue(keys: readonly ObjectKey[]): void {
    this.#member.enqueue(keys);
  }

  #wake(run: Stored<R> | undefined, except?: string): void {
    this.#book.wake(run === undefined ? undefined : this.#member.kind.slotGroups(run).workspace, except);
  }

  #contender(run: Stored<R>, holds: boolean, now: number): Contender {
    const { uid, creationTimestamp } = run.metadata;
    const lastEnd = Date.parse(run.status?.runs?.at(-1)?.completionTime ?? "");
    const created = Date.parse(creationTimestamp ?? "");
    return {
      uid,
      holds,
      groups: this.#member.kind.slotGroups(run),
      priority: run.spec.priority ?? "medium",
      // a retry waits since the end of the attempt before it, not since the run was created
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

  /** Whether the run would start if a slot were free, as far as its stored status shows. */
  #waits(run: Stored<R>, now: number): boolean {
    // one that cannot start must not keep a slot from those that can; it requests one at each of its own reconciles
    if (isConditionTrue(run.status?.conditions, "Stalled")) return false;
    const { jobs, runs, ledger } = this.#member.readers;
    const newest = run.status?.runs?.at(-1)?.number ?? 0;
    const own = jobs.byIndex(ownerIndex.name, run.metadata.uid);
    // until it is compared with the end that is remembered, it requests nothing; a phase is only written after that
    const isCompared =
      run.status?.phase !== undefined ||
      earlierEndOf(this.#member.kind, ledger, run, own.length > 0, false) === undefined;
    const facts = {
      hasUnrecordedJob: own.some((job) => attemptNumber(job) > newest),
      ...(!isCompared && { earlierEnd: "unread" as const }),
      hasUnrecordedEnd: false, // with its end unrecorded, an attempt counts as running
      dependencies: () => dependenciesOf(runs, run),
    };
    return eligibility(run, recordedProgress(run.status), facts, this.#options.configuration(), now).eligible;
  }
}
