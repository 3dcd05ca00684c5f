/** The Budgets of a cluster: which hold for a run, whether an attempt fits, and the only writer of their status. */
import { AccountWriter, type StatusChange } from "./account-writer.js";
import {
  inWords,
  isFull,
  lacking,
  limitOf,
  reservationOf,
  reserve,
  roomIn,
  settle,
  statusAt,
  type Amount,
  type Settlement,
} from "./account.js";
import { allowanceOf, wantedOf } from "./allowance.js";
import { sweepReservations } from "./leftovers.js";
import { holdsFor } from "./selection.js";
import { WaitingRuns } from "./waiting-runs.js";
import type { AgentRun, RunKind } from "../run.js";
import { budgetInWords, type Budget, type BudgetStatus, type Reservation } from "../../api/budget.js";
import type { Configuration } from "../../configuration/configuration.js";
import type { Reader } from "../../runtime/cache/reader.js";
import type { Client } from "../../runtime/client/client.js";
import { objectKey, type ObjectKey, type Stored } from "../../runtime/client/objects.js";
import type { Clock } from "../../runtime/clock.js";
import type { EventRecorder } from "../../runtime/events/recorder.js";

/** Whether the Budgets let an attempt start. */
export type BudgetDecision =
  | {
      readonly granted: true;
      /** The end of what the attempt may spend. */
      readonly allowance: Amount;
      /** Whether every Budget holds the reservation already. */
      readonly isReserved: boolean;
    }
  | {
      readonly granted: false;
      /** `BudgetTooSmall`: it fits no period, and only a person can help. */
      readonly reason: "BudgetExhausted" | "BudgetTooSmall";
      readonly message: string;
      /** Milliseconds since the epoch: when the Budget resets. */
      readonly resetsAt: number;
    };

/** What Budgets have to do with a run. */
export interface ObservedBudgets {
  /** Numbers of its attempts that have a reservation. */
  readonly reserved: readonly number[];
  /** For the next attempt. Absent: none would start, or no Budget applies to the run. */
  readonly decision?: BudgetDecision;
}

export interface BudgetBookOptions {
  readonly client: Client;
  readonly budgets: Reader<Budget>;
  readonly clock: Clock;
  readonly configuration: () => Pick<Configuration, "budget">;
  /** Namespace of the operator's own objects: Budgets there hold for all namespaces. */
  readonly operatorNamespace: string;
  /** Whether the operator watches the runs of a namespace. */
  readonly watches: (namespace: string) => boolean;
  readonly events: EventRecorder;
}

/** One kind whose runs Budgets hold for. */
export interface BudgetMember<R extends AgentRun> {
  readonly kind: RunKind<R>;
  readonly runs: Pick<Reader<R>, "get">;
  /** Called with runs that may fit now, to reconcile them. */
  readonly enqueue: (key: ObjectKey) => void;
}

/** Everything that has to survive a restart is in the status of the Budgets. */
export class BudgetBook {
  readonly #options: BudgetBookOptions;
  readonly #writer: AccountWriter;
  readonly #waiting = new WaitingRuns();
  readonly #members: BudgetMember<AgentRun>[] = [];

  constructor(options: BudgetBookOptions) {
    this.#options = options;
    this.#writer = new AccountWriter(options);
  }

  /** The part of the book for the runs of a kind. */
  add<R extends AgentRun>(member: BudgetMember<R>): KindBudgets<R> {
    this.#members.push(member);
    return new KindBudgets(this, member);
  }

  /**
   * Brings a Budget's status up to date: its period and conditions, and reservations that no run ends. Then enqueues the runs that fit.
   *
   * @returns milliseconds since the epoch at which the period ends; undefined if the Budget is gone
   */
  async refresh(key: ObjectKey, signal: AbortSignal): Promise<number | undefined> {
    await this.change(key, { isRepeatable: true, of: (_budget, status) => status }, signal);
    const known = this.#options.budgets.get(key);
    if (known === undefined) {
      this.wake(key);
      return undefined;
    }
    const budget = this.#writer.newest(known);
    const { client, watches } = this.#options;
    const settle = this.settle.bind(this);
    await sweepReservations(budget, { client, watches, settle, members: this.#members }, signal);
    this.wake(key);
    return Date.parse(this.statusOf(budget).resetsAt ?? "");
  }

  /** The Budgets of the cluster, as last written. */
  list(): Stored<Budget>[] {
    return this.#options.budgets.list().map((budget) => this.#writer.newest(budget));
  }

  /** Number of runs that wait for a Budget. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Its status now, in the present period. */
  statusOf(budget: Stored<Budget>): BudgetStatus {
    return statusAt(budget, this.#options.clock.now());
  }

  /** Changes the status of a Budget, after the changes before it; see {@link AccountWriter.change}. */
  change(key: ObjectKey, change: StatusChange, signal: AbortSignal): Promise<boolean> {
    return this.#writer.change(key, change, signal);
  }

  /** Enqueues the runs that wait for this Budget and fit now; all of them, if it is gone. */
  wake(key: ObjectKey): void {
    const known = this.#options.budgets.get(key);
    const budget = known && this.#writer.newest(known);
    this.#waiting.wake(key, budget && roomIn(budget.spec, this.statusOf(budget)));
  }

  /** @param next number of the attempt that would start; undefined: none would */
  observe<R extends AgentRun>(
    member: BudgetMember<R>,
    run: Stored<R>,
    next: number | undefined,
  ): ObservedBudgets | undefined {
    const { uid } = run.metadata;
    const budgets = this.list();
    const numbers = budgets.flatMap(({ status }) => (status?.attempts ?? []).filter((each) => each.uid === uid));
    const reserved = [...new Set(numbers.map(({ number }) => number))].sort((a, b) => a - b);
    const decision = next === undefined ? undefined : this.#decide(member, run, next, budgets);
    if (decision?.granted !== false) this.#waiting.remove(uid);
    if (reserved.length === 0 && decision === undefined) return undefined;
    return { reserved, ...(decision !== undefined && { decision }) };
  }

  #decide<R extends AgentRun>(
    member: BudgetMember<R>,
    run: Stored<R>,
    number: number,
    all: readonly Stored<Budget>[],
  ): BudgetDecision | undefined {
    const { operatorNamespace, configuration } = this.#options;
    const attempt = { uid: run.metadata.uid, number };
    const groups = member.kind.slotGroups(run);
    const holdings = all
      .filter(
        (budget) =>
          holdsFor(budget, groups, operatorNamespace) || reservationOf(budget.status ?? {}, attempt) !== undefined,
      )
      .map((budget) => {
        const status = this.statusOf(budget);
        const reserved = reservationOf(status, attempt);
        return { budget, spec: budget.spec, status, ...(reserved !== undefined && { reserved }) };
      });
    if (holdings.length === 0) return undefined;
    const allowance = allowanceOf(run, holdings, configuration());
    for (const { budget, spec, status, reserved } of holdings) {
      if (reserved !== undefined) continue;
      const wanted = wantedOf(allowance, spec);
      // one that allows nothing is a stop for all, and no fault of this run
      const isNever = !isStopped(spec) && lacking(wanted, limitOf(spec)) !== undefined;
      if (!isNever && !isFull(status) && lacking(wanted, roomIn(spec, status)) === undefined) continue;
      this.#waiting.add({ ...member, run, budget: objectKey(budget), wanted });
      return denial(budget, status, number, wanted, isNever);
    }
    return { granted: true, allowance, isReserved: holdings.every(({ reserved }) => reserved !== undefined) };
  }

  /**
   * Reserves the allowance of an attempt in every Budget that applies to its run, one after the other. The run was read live after
   * the state of the Budgets that this starts from.
   *
   * @returns false if it does not fit any more
   * @throws Conflict if a Budget changed meanwhile: the run has to be read again
   */
  async reserve<R extends AgentRun>(
    { kind }: BudgetMember<R>,
    run: Stored<R>,
    number: number,
    allowance: Amount,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { name, namespace = "", uid } = run.metadata;
    const groups = kind.slotGroups(run);
    for (const budget of this.list()) {
      if (!holdsFor(budget, groups, this.#options.operatorNamespace)) continue;
      const reservation: Reservation = {
        ...{ uid, number, kind: kind.type.kind, namespace, name },
        ...wantedOf(allowance, budget.spec),
      };
      const change: StatusChange = {
        isRepeatable: false,
        of: ({ spec }, status) => reserve(spec, status, reservation),
      };
      if (!(await this.change(objectKey(budget), change, signal))) return false;
    }
    return true;
  }

  /** Ends the reservations of an attempt. Repeating it changes nothing. */
  async settle(uid: string, number: number, settlement: Settlement, signal: AbortSignal): Promise<void> {
    const attempt = { uid, number };
    const holding = this.list().filter(({ status }) => status && reservationOf(status, attempt) !== undefined);
    const change: StatusChange = { isRepeatable: true, of: (_budget, status) => settle(status, attempt, settlement) };
    await Promise.all(
      holding.map(async (budget) => {
        const key = objectKey(budget);
        await this.change(key, change, signal);
        this.wake(key);
      }),
    );
  }
}

/** The Budgets as the reconciler of one kind uses them. */
export class KindBudgets<R extends AgentRun> {
  readonly #book: BudgetBook;
  readonly #member: BudgetMember<R>;

  constructor(book: BudgetBook, member: BudgetMember<R>) {
    this.#book = book;
    this.#member = member;
  }

  /** See {@link BudgetBook.observe}. */
  observe(run: Stored<R>, next: number | undefined): ObservedBudgets | undefined {
    return this.#book.observe(this.#member, run, next);
  }

  /** See {@link BudgetBook.reserve}. */
  reserve(run: Stored<R>, number: number, allowance: Amount, signal: AbortSignal): Promise<boolean> {
    return this.#book.reserve(this.#member, run, number, allowance, signal);
  }

  /** See {@link BudgetBook.settle}. */
  settle(run: Stored<R>, number: number, settlement: Settlement, signal: AbortSignal): Promise<void> {
    return this.#book.settle(run.metadata.uid, number, settlement, signal);
  }
}

function isStopped({ maxCostUSD, maxTokens }: Budget["spec"]): boolean {
  return maxCostUSD === 0 || maxTokens === 0;
}

const periods = { Day: "a day", Week: "a week", Month: "a month" } as const;

/** The message stays the same until the reset: each change of it is a write for every run that waits. */
function denial(
  { metadata, spec }: Stored<Budget>,
  status: BudgetStatus,
  number: number,
  wanted: Amount,
  isNever: boolean,
): Extract<BudgetDecision, { readonly granted: false }> {
  const limit = limitOf(spec);
  const room = roomIn(spec, status);
  const dimension = lacking(wanted, isNever ? limit : room);
  const name = budgetInWords(metadata);
  const resetsAt = status.resetsAt ?? "";
  const whole = dimension === undefined ? "" : ` (${inWords(dimension, limit)} ${periods[spec.period ?? "Month"]})`;
  const needs = dimension === undefined ? "" : inWords(dimension, wanted);
  const message = isNever
    ? `Attempt ${number} may spend ${needs} and never fits ${name}${whole}. Lower spec.budget of the run, or raise the Budget.`
    : isStopped(spec)
      ? `Waiting for ${name}, which allows nothing${whole}. Raise it to start the run.`
      : dimension === undefined
        ? `Waiting for ${name}: as many attempts are running as it can count.`
        : `Waiting for ${name}${whole}: attempt ${number} may spend ${needs}, and less is left. The Budget resets at ${resetsAt}.`;
  const reason = isNever ? "BudgetTooSmall" : "BudgetExhausted";
  return { granted: false, reason, message, resetsAt: Date.parse(resetsAt) };
}
