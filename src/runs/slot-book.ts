/** Who holds slots and who waits for one, from the caches, for `slots.ts` to decide. */
import { earlierEndOf } from "./earlier-end.js";
import { eligibility, recordedProgress } from "./eligibility.js";
import { ownerIndex, podIndex, workspaceIndexName } from "./indexes.js";
import { runNameOf } from "./metadata.js";
import { attemptNumber, dependenciesOf, type RunReaders } from "./observe.js";
import { isPodLive } from "./observed.js";
import { isActive } from "./outcome.js";
import type { AgentRun, RunKind } from "./run.js";
import { dimensions, type Contender, type Dimension, type LimitName } from "./slot-limits.js";
import { decideSlots, slotGranted, type SlotDecision, type SlotUse } from "./slots.js";
import { isConditionTrue } from "../api/conditions.js";
import type { Reason } from "../api/reasons.js";
import { objectKey, type Job, type KubernetesObject, type ObjectKey, type Stored } from "../runtime/client/objects.js";
import type { Clock, Timer } from "../runtime/clock.js";
import type { ConcurrencyLimits, Configuration } from "../configuration/configuration.js";

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
  /** When its last attempt started, in milliseconds since the epoch; 0: none did. */
  readonly lastStart: number;
}

/** The groups of a run under a configuration. */
interface Grouped {
  readonly clusterWide: ConcurrencyLimits["clusterWide"];
  readonly groups: Contender["groups"];
}

/** The runs of one kind. */
interface Member {
  /** @param workspace only the runs in this workspace; undefined: all */
  entries(workspace: string | undefined, now: number): readonly Entry[];
  enqueue(keys: readonly ObjectKey[]): void;
}

/** Decisions of a moment ago that still apply. */
interface Kept {
  readonly limits: ConcurrencyLimits;
  readonly decisions: Map<string, SlotDecision>;
  readonly use: SlotUse;
  /** Monotonic milliseconds at which they have to be made again. */
  readonly until: number;
  /** Runs that were granted slots and did not use them: each requests them again by itself. */
  readonly except: Set<string>;
  /** Makes them again: something that may free slots happened since. */
  timer?: Timer;
}

/** Milliseconds that a decision about all runs may take to be made again each time. */
const cheap = 2;
/** Decisions that take longer apply for this many times as long as they took, so that they use a tenth of the time. */
const rest = 10;

/**
 * Counts slots from the caches; nothing of it has to survive a restart. A limit counts the runs of all kinds together,
 * because they share what it protects: nodes, an agent's account, a repository, a workspace.
 *
 * With thousands of waiting runs, a decision about all of them takes milliseconds, and each run asks for it. Such a decision is
 * kept for a while, during which slots are granted beside it and freed ones stay unused: no limit is exceeded, and the time
 * that decisions take does not grow with the square of the runs.
 */
export class SlotBook {
  readonly #options: SlotBookOptions;
  readonly #members: Member[] = [];
  readonly #kept = new Map<string, Kept>();

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
    const scope = this.#scopeOf(self.groups.workspace);
    const kept = this.#keptFor(scope);
    if (kept === undefined) return this.#decideAll(scope, self).decisions.get(self.uid) ?? slotGranted;
    const known = kept.decisions.get(self.uid);
    if (known !== undefined) return known;
    const decision = kept.use.decide(self);
    kept.decisions.set(self.uid, decision);
    // slots that were freed since then are not counted yet
    if (!decision.granted) this.#wakeLater(scope, kept);
    return decision;
  }

  /**
   * Enqueues the runs that may start after something in a workspace has ended; without a workspace, all that may start.
   *
   * @param except UID of the run that was just reconciled: it would enqueue itself forever
   */
  wake(workspace: string | undefined, except?: string): void {
    const scope = this.#scopeOf(workspace);
    const kept = this.#keptFor(scope);
    if (kept === undefined) {
      this.#wakeNow(scope, new Set(except === undefined ? [] : [except]));
      return;
    }
    if (except !== undefined) kept.except.add(except);
    this.#wakeLater(scope, kept);
  }

  #wakeLater(scope: string | undefined, kept: Kept): void {
    const { clock } = this.#options;
    kept.timer ??= clock.after(kept.until - clock.monotonic(), () => {
      this.#kept.delete(scope ?? "");
      this.#wakeNow(scope, kept.except);
    });
  }

  #wakeNow(scope: string | undefined, except: ReadonlySet<string>): void {
    const { entries, decisions } = this.#decideAll(scope);
    const mayStart = (contender: Contender | undefined): boolean =>
      contender !== undefined && !except.has(contender.uid) && decisions.get(contender.uid)?.granted === true;
    for (const { member, runs } of entries) {
      const keys = runs.filter(({ contender }) => mayStart(contender)).map(({ key }) => key);
      if (keys.length > 0) member.enqueue(keys);
    }
  }

  /** By default only runs in the same workspace compete; undefined: all do. */
  #scopeOf(workspace: string | undefined): string | undefined {
    const { concurrency } = this.#options.configuration();
    const others = dimensions.filter(([limit]) => limit !== "perWorkspace" && limit !== "namespacePercent");
    return others.every(([limit]) => concurrency[limit] === undefined) ? workspace : undefined;
  }

  #keptFor(scope: string | undefined): Kept | undefined {
    const kept = this.#kept.get(scope ?? "");
    if (kept === undefined) return undefined;
    const { clock, configuration } = this.#options;
    // with a wake to come, the timer decides
    const isDue = kept.timer === undefined && clock.monotonic() >= kept.until;
    if (!isDue && kept.limits === configuration().concurrency) return kept;
    kept.timer?.cancel();
    this.#kept.delete(scope ?? "");
    return undefined;
  }

  /** @param self the run that asks, in place of what the cache has of it */
  #decideAll(
    scope: string | undefined,
    self?: Contender,
  ): {
    readonly entries: readonly { readonly member: Member; readonly runs: readonly Entry[] }[];
    readonly decisions: ReadonlyMap<string, SlotDecision>;
  } {
    const { clock, configuration } = this.#options;
    const began = clock.monotonic();
    const now = clock.now();
    const limits = configuration().concurrency;
    const entries = this.#members.map((member) => ({ member, runs: member.entries(scope, now) }));
    const contenders: Contender[] = [];
    const lastStarts = new Map<string, number>();
    for (const { key, contender, lastStart } of entries.flatMap(({ runs }) => runs)) {
      const namespace = key.namespace ?? "";
      if (lastStart > (lastStarts.get(namespace) ?? 0)) lastStarts.set(namespace, lastStart);
      if (contender !== undefined && contender.uid !== self?.uid) contenders.push(contender);
    }
    if (self !== undefined) contenders.push(self);
    const { decisions, use } = decideSlots(contenders, limits, now, lastStarts);
    const ended = clock.monotonic();
    if (ended - began > cheap) {
      const until = ended + (ended - began) * rest;
      this.#kept.set(scope ?? "", { limits, decisions: new Map(decisions), use, until, except: new Set() });
    }
    return { entries, decisions };
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
  /** The groups of each run as it is cached: thousands of runs wait unchanged through many decisions. */
  readonly #groupsOf = new WeakMap<Stored<R>, Grouped>();
  /** The limit that each run waits for, as far as it asked since the start. */
  readonly #waiting = new Map<string, LimitName>();

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
    if (this.#holds(uid, this.#jobsOf(uid))) return slotGranted;
    const decision = this.#book.decide(this.#contender(run, false, this.#options.clock.now()));
    if (decision.granted) {
      this.#reserved.set(uid, run);
      this.#waiting.delete(uid);
    } else this.#waiting.set(uid, decision.limit);
    return decision;
  }

  /** The limits that these runs wait for, and forgets all others. */
  limitsOf(waiting: readonly Stored<R>[]): LimitName[] {
    const uids = new Set(waiting.map(({ metadata }) => metadata.uid));
    for (const uid of this.#waiting.keys()) if (!uids.has(uid)) this.#waiting.delete(uid);
    return [...this.#waiting.values()];
  }

  /** Ends a reservation: a Job that was started holds the slots from here on; without one, others may have them. */
  release(uid: string): void {
    const run = this.#reserved.get(uid);
    if (run === undefined) return;
    this.#reserved.delete(uid);
    if (!this.#holds(uid, this.#jobsOf(uid))) this.#wake(run, uid);
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
      const jobs = this.#jobsOf(run.metadata.uid);
      const holds = this.#holds(run.metadata.uid, jobs);
      const isContender = holds || this.#waits(run, jobs, now);
      return {
        key: objectKey(run),
        contender: isContender ? this.#contender(run, holds, now) : undefined,
        lastStart: lastStartOf(run, jobs),
      };
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
    const lastEnd = timeOf(run.status?.runs?.at(-1)?.completionTime);
    return {
      uid,
      holds,
      groups: this.#groups(run),
      priority: run.spec.priority ?? "medium",
      // a retry waits since the end of the attempt before it, not since the run was created
      since: Math.max(timeOf(creationTimestamp) ?? now, lastEnd ?? 0),
    };
  }

  /** Limits count per namespace what a tenant can choose freely, unless the configuration says otherwise. */
  #groups(run: Stored<R>): Contender["groups"] {
    const { clusterWide } = this.#options.configuration().concurrency;
    const known = this.#groupsOf.get(run);
    if (known?.clusterWide === clusterWide) return known.groups;
    const groups: Partial<Record<Dimension, string>> = { ...this.#member.kind.slotGroups(run) };
    for (const [limit, dimension] of dimensions) {
      if (limit !== "perAgent" && limit !== "perRepository" && limit !== "perOrganization") continue;
      const group = groups[dimension];
      if (group !== undefined && !clusterWide.includes(limit))
        groups[dimension] = `${run.metadata.namespace ?? ""}/${group}`;
    }
    this.#groupsOf.set(run, { clusterWide, groups });
    return groups;
  }

  #jobsOf(uid: string): readonly Stored<Job>[] {
    return this.#member.readers.jobs.byIndex(ownerIndex.name, uid);
  }

  #holds(uid: string, jobs: readonly Stored<Job>[]): boolean {
    const { pods } = this.#member.readers;
    return this.#reserved.has(uid) || jobs.some(isActive) || pods.byIndex(podIndex.name, uid).some(isPodLive);
  }

  /** Whether the run would start if a slot were free, as far as its stored status shows. */
  #waits(run: Stored<R>, own: readonly Stored<Job>[], now: number): boolean {
    // one that cannot start must not keep a slot from those that can; it requests one at each of its own reconciles
    if (isConditionTrue(run.status?.conditions, "Stalled")) return false;
    // nor one that a Budget keeps from starting
    if (run.status?.reason === ("BudgetExhausted" satisfies Reason)) return false;
    const { runs, ledger } = this.#member.readers;
    const newest = run.status?.runs?.at(-1)?.number ?? 0;
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

/** When the last attempt started, from the status, or from a Job that it does not show yet; 0: none did. */
function lastStartOf(run: Stored<AgentRun>, jobs: readonly Stored<Job>[]): number {
  const recorded = timeOf(run.status?.runs?.at(-1)?.startTime) ?? 0;
  return jobs.reduce((last, { metadata }) => Math.max(last, timeOf(metadata.creationTimestamp) ?? 0), recorded);
}

/** Milliseconds since the epoch; undefined if it is no time. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
