import { announcements } from "./announcements.js";
import { applyActions } from "./apply/actions.js";
import { applyStatus } from "./apply/status.js";
import type { ApplyContext } from "./apply/writes.js";
import { recordAttempts } from "./attempt-spans.js";
import type { KindBudgets } from "./budgets/budget-book.js";
import type { Ledger } from "./ledger.js";
import { Live } from "./live.js";
import { noMetrics, type Metrics } from "./metrics.js";
import { observe, type RunReaders } from "./observe.js";
import type { Observed } from "./observed.js";
import type { Orphans } from "./orphans.js";
import { assess, plan } from "./plan/plan.js";
import type { AgentRun, RunKind } from "./run.js";
import type { KindSlots } from "./slot-book.js";
import type { Client } from "../runtime/client/client.js";
import { Conflict, NotFound } from "../runtime/client/errors.js";
import { objectKey, type Stored } from "../runtime/client/objects.js";
import { systemClock, type Clock } from "../runtime/clock.js";
import type { ReconcileContext, Reconciler, Request, Result } from "../runtime/controller/reconciler.js";
import type { EventRecorder } from "../runtime/events/recorder.js";
import type { Configuration } from "../configuration/configuration.js";

export interface RunReconcilerOptions<R extends AgentRun> {
  readonly kind: RunKind<R>;
  readonly client: Client;
  readonly readers: RunReaders<R>;
  /** Decides which runs may start. Absent: slots are not counted. */
  readonly slots?: Pick<KindSlots<R>, "request" | "release">;
  /** Decides which attempts fit into the Budgets. Absent: there are none. */
  readonly budgets?: Pick<KindBudgets<R>, "observe" | "reserve" | "settle">;
  /** Called for keys of runs that do not exist. Absent: their leftovers stay. */
  readonly orphans?: Pick<Orphans<R>, "sweepOf">;
  /** The one of `readers`. Absent: no end is remembered. */
  readonly ledger?: Pick<Ledger, "load" | "forget">;
  /** Read once a reconcile. */
  readonly configuration: { current(): Configuration };
  readonly events: EventRecorder;
  /** Default: nothing is measured. */
  readonly metrics?: Metrics;
  /** Default: the system clock. */
  readonly clock?: Clock;
}

/** Plans in one reconcile: far more than any path through the plan needs. Beyond it, the plan is in a loop. */
const maxRounds = 24;

/** Conflicts in one reconcile after which the controller's back-off applies. */
const maxConflicts = 5;

/** The engine of all kinds of agent runs: observe, plan, apply, until there is nothing left to do. */
export class RunReconciler<R extends AgentRun> implements Reconciler {
  readonly #options: RunReconcilerOptions<R>;
  readonly #metrics: Metrics;
  readonly #clock: Clock;

  constructor(options: RunReconcilerOptions<R>) {
    this.#options = options;
    this.#metrics = options.metrics ?? noMetrics;
    this.#clock = options.clock ?? systemClock;
  }

  async reconcile(request: Request, context: ReconcileContext): Promise<Result> {
    const start = this.#clock.monotonic();
    const live = new Live<R>();
    let result: "success" | "error" = "error";
    try {
      const answer = await this.#reconcile(request, context, live);
      result = "success";
      return answer;
    } finally {
      if (live.uid !== undefined) this.#options.slots?.release(live.uid);
      this.#metrics.reconciled(result, (this.#clock.monotonic() - start) / 1000);
    }
  }

  async #reconcile(request: Request, context: ReconcileContext, live: Live<R>): Promise<Result> {
    const { kind, client, readers, ledger, budgets } = this.#options;
    const configuration = this.#options.configuration.current();
    let conflicts = 0;
    for (let round = 0; round < maxRounds; round++) {
      context.signal.throwIfAborted();
      const seen = observe(kind, readers, request, live);
      if (seen === undefined) {
        await this.#options.orphans?.sweepOf(request, context.signal);
        return {};
      }
      const { run } = seen;
      live.uid = run.metadata.uid;
      const now = this.#clock.now();
      const assessment = assess(kind, seen, configuration, now);
      const observed = this.#withGates(seen, assessment.eligibility.eligible);
      const next = plan(kind, observed, configuration, now, assessment);
      const apply: ApplyContext<R> = {
        kind,
        client,
        run,
        live,
        metrics: this.#metrics,
        signal: context.signal,
        ...(ledger !== undefined && { ledger }),
        ...(budgets !== undefined && { budgets }),
      };
      try {
        if (next.actions.length > 0) {
          context.logger.debug({ actions: next.actions.map((action) => action.do) }, `${kind.type.kind} plan`);
          await applyActions(next.actions, apply);
          for (const each of live.announcements.splice(0)) this.#options.events.event(run, each);
          if (next.actions.some((action) => action.do === "release")) {
            this.#log(context, run, run, "released");
            return {};
          }
          continue;
        }
        if (next.status !== undefined && (await applyStatus(next.status, apply))) {
          for (const each of announcements(run.status, next.status)) this.#options.events.event(run, each);
          recordAttempts(kind, run, next.status, (name) =>
            readers.runs.get({
              ...(run.metadata.namespace !== undefined && { namespace: run.metadata.namespace }),
              name,
            }),
          );
          this.#metrics.statusWritten(run, run.status, next.status);
          this.#log(context, run, live.run ?? run, "reconciled successfully");
          continue;
        }
        return next.recheckAt === undefined ? {} : { requeueAfter: Math.max(0, next.recheckAt - now) };
      } catch (error) {
        if (error instanceof NotFound && (await this.#isGone(run, live, context.signal))) return {};
        if (!(error instanceof Conflict) || ++conflicts > maxConflicts) throw error;
        // the run changed in between: plan again, from what the API server has
        context.logger.debug({ conflict: error.message }, `${kind.type.kind} changed; planning again`);
        if (await this.#isGone(run, live, context.signal)) return {};
      }
    }
    throw new Error(`no end after ${maxRounds} plans for ${kind.type.kind} ${request.namespace ?? ""}/${request.name}`);
  }

  /** With what the Budgets and the concurrency limits say. A run that waits for a Budget takes no slot from others. */
  #withGates(seen: Observed<R>, isEligible: boolean): Observed<R> {
    const { slots, budgets: book } = this.#options;
    const budgets = book?.observe(seen.run, isEligible ? seen.next.number : undefined);
    const slot = isEligible && budgets?.decision?.granted !== false ? slots?.request(seen.run) : undefined;
    return { ...seen, ...(budgets !== undefined && { budgets }), ...(slot !== undefined && { slot }) };
  }

  /** Reads the run live, for the next plan to see. True if it no longer exists, or is another one of that name. */
  async #isGone(run: Stored<R>, live: Live<R>, signal: AbortSignal): Promise<boolean> {
    try {
      const current = await this.#options.client.get(this.#options.kind.type, objectKey(run), { signal });
      if (current.metadata.uid !== run.metadata.uid) return true;
      live.run = current;
      live.runConfirmed = true;
      return false;
    } catch (error) {
      if (error instanceof NotFound) return true;
      throw error;
    }
  }

  /** The logger already carries namespace and reconcileID. */
  #log({ logger }: ReconcileContext, before: Stored<R>, run: Stored<R>, event: string): void {
    const { kind } = this.#options;
    const { name } = before.metadata;
    const status = run.status ?? {};
    logger.info(
      {
        [kind.type.kind.toLowerCase()]: name,
        job: status.jobName,
        phase: status.phase,
        attempt: status.runs?.at(-1)?.number,
      },
      `${kind.type.kind} ${event}`,
    );
  }
}
