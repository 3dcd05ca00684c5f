import { announcements } from "./announcements.js";
import { applyActions, applyStatus, type ApplyContext } from "./apply.js";
import { noMetrics, type Metrics } from "./metrics.js";
import { Live, observe, type RunReaders } from "./observe.js";
import type { Orphans } from "./orphans.js";
import { plan } from "./plan.js";
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
  /** Decides who may start. Absent: all may. */
  readonly slots?: Pick<KindSlots<R>, "ask" | "release">;
  /** Told of runs that aren't there. Absent: what they left behind is left to others. */
  readonly orphans?: Pick<Orphans<R>, "sweepOf">;
  /** Asked once a reconcile. */
  readonly configuration: { current(): Configuration };
  readonly events: EventRecorder;
  /** Default: nothing is counted. */
  readonly metrics?: Metrics;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** Plans of one reconcile at most: far more than any way through the plan needs; beyond it something goes in circles. */
const mostRounds = 24;

/** Live reads after conflicts in one reconcile; then the back-off has its turn. */
const mostConflicts = 5;

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
    const { kind, client, readers, slots } = this.#options;
    const configuration = this.#options.configuration.current();
    let conflicts = 0;
    for (let round = 0; round < mostRounds; round++) {
      context.signal.throwIfAborted();
      const seen = observe(kind, readers, request, live);
      if (seen === undefined) {
        await this.#options.orphans?.sweepOf(request, context.signal);
        return {};
      }
      const { run } = seen;
      live.uid = run.metadata.uid;
      const slot = slots?.ask(run);
      const observed = slot === undefined ? seen : { ...seen, slot };
      const now = this.#clock.now();
      const next = plan(kind, observed, configuration, now);
      const apply: ApplyContext<R> = {
        kind,
        client,
        run,
        live,
        metrics: this.#metrics,
        signal: context.signal,
      };
      try {
        if (next.actions.length > 0) {
          context.logger.debug({ actions: next.actions.map((action) => action.do) }, `${kind.type.kind} plan`);
          await applyActions(next.actions, apply);
          for (const each of live.told.splice(0)) this.#options.events.event(run, each);
          if (next.actions.some((action) => action.do === "release")) {
            this.#log(context, run, run, "released");
            return {};
          }
          continue;
        }
        if (next.status !== undefined && (await applyStatus(next.status, apply))) {
          for (const each of announcements(run.status, next.status)) this.#options.events.event(run, each);
          this.#metrics.statusWritten(run, run.status, next.status);
          this.#log(context, run, live.run ?? run, "reconciled successfully");
          continue;
        }
        return next.lookAgainAt === undefined ? {} : { requeueAfter: Math.max(0, next.lookAgainAt - now) };
      } catch (error) {
        if (error instanceof NotFound && (await this.#isGone(run, live, context.signal))) return {};
        if (!(error instanceof Conflict) || ++conflicts > mostConflicts) throw error;
        // somebody wrote in between: decide again, from what the API server has
        context.logger.debug({ conflict: error.message }, `${kind.type.kind} changed; deciding again`);
        if (await this.#isGone(run, live, context.signal)) return {};
      }
    }
    throw new Error(
      `no end after ${mostRounds} plans for ${kind.type.kind} ${request.namespace ?? ""}/${request.name}`,
    );
  }

  /** Reads the run live, for the next plan to see; true where it isn't there any more, or is another one. */
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

  /** The logger is bound to namespace and reconcileID already. */
  #log({ logger }: ReconcileContext, before: Stored<R>, run: Stored<R>, what: string): void {
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
      `${kind.type.kind} ${what}`,
    );
  }
}
