import { randomUUID } from "node:crypto";
import { context as otelContext, SpanStatusCode, trace } from "@opentelemetry/api";
import type { BackoffOptions } from "../backoff.js";
import type { Informer } from "../cache/informer.js";
import type { Change } from "../cache/store.js";
import { isTransient, Conflict } from "../client/errors.js";
import { formatKey, keyOf, parseKey, type KubernetesObject, type Stored } from "../client/objects.js";
import type { Clock, Random } from "../clock.js";
import { NotLeaderError } from "../leaderelection/elector.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";
import { lowPriority, PriorityQueue, type AddOptions } from "../queue/queue.js";
import { TerminalError, type Reconciler, type Request, type Result } from "./reconciler.js";

/** True where a change is worth a reconcile. */
export type Predicate<T extends KubernetesObject> = (change: Change<T>) => boolean;

export interface ControllerOptions {
  /** Appears in metrics, logs and spans; unique in the process. */
  readonly name: string;
  readonly reconciler: Reconciler;
  /** Default 10. A key is never reconciled twice at once, whatever this is. */
  readonly maxConcurrentReconciles?: number;
  /** Milliseconds after which a reconcile's signal fires. Default 60,000. */
  readonly reconcileTimeout?: number;
  /** Milliseconds that running reconciles get to end after the stop before their signal fires. Default 10,000. */
  readonly drainTimeout?: number;
  readonly backoff?: BackoffOptions;
  readonly bucket?: { readonly ratePerSecond: number; readonly burst: number };
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
}

/** How long a conflict waits before the next try: long enough for the watch to bring the newer version. */
const conflictDelay = 50;

/**
 * Turns changes of cached objects into reconciles: keys go through a queue that knows no duplicates, and workers hand
 * them to the reconciler. A failure is retried with back-off, a conflict at once, a {@link TerminalError} not at all.
 */
export class Controller {
  readonly name: string;
  readonly #options: ControllerOptions;
  readonly #queue: PriorityQueue;
  readonly #informers = new Set<Informer<KubernetesObject>>();

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#options = options;
    const { metrics, name } = options;
    const labels = { name, controller: name };
    this.#queue = new PriorityQueue({
      clock: options.clock,
      random: options.random,
      ...(options.backoff !== undefined && { backoff: options.backoff }),
      ...(options.bucket !== undefined && { bucket: options.bucket }),
      ...(metrics !== undefined && {
        observer: {
          added: () => metrics.queueAddsTotal.inc(labels),
          depthChanged: (depth) => metrics.queueDepth.set(labels, depth),
          started: (waited) => metrics.queueDurationSeconds.observe(labels, waited),
          finished: (worked) => metrics.workDurationSeconds.observe(labels, worked),
          retried: () => metrics.queueRetriesTotal.inc(labels),
        },
      }),
    });
  }

  /** Reconciles each object of this type when it changes. */
  for<T extends KubernetesObject>(informer: Informer<T>, predicate?: Predicate<T>): this {
    return this.watches(informer, (object) => [keyOf(object)], predicate);
  }

  /** Reconciles the owner of each object of this type that changes: the one whose owner reference says `controller`. */
  owns<T extends KubernetesObject>(
    informer: Informer<T>,
    owner: { readonly group: string; readonly kind: string },
    predicate?: Predicate<T>,
  ): this {
    const map = (object: Stored<T>): string[] => {
      const reference = object.metadata.ownerReferences?.find(
        (candidate) =>
          candidate.controller === true &&
          candidate.kind === owner.kind &&
          candidate.apiVersion.startsWith(owner.group === "" ? "v" : `${owner.group}/`),
      );
      if (reference === undefined) return [];
      const { namespace } = object.metadata;
      return [formatKey({ name: reference.name, ...(namespace !== undefined && { namespace }) })];
    };
    return this.watches(informer, map, predicate);
  }

  /** Reconciles what the function names, whenever an object of this type changes. */
  watches<T extends KubernetesObject>(
    informer: Informer<T>,
    map: (object: Stored<T>) => readonly string[],
    predicate?: Predicate<T>,
  ): this {
    this.#informers.add(informer as unknown as Informer<KubernetesObject>);
    informer.addHandler((change) => {
      if (predicate !== undefined && !predicate(change)) return;
      // what was there before the start is nobody's change: those who wait now go first
      const options: AddOptions = change.type === "added" && change.initial ? { priority: lowPriority } : {};
      for (const key of map(change.object)) this.#queue.add(key, options);
      // an object that changed hands concerns its former owner too
      if (change.type === "updated") for (const key of map(change.old)) this.#queue.add(key, options);
    });
    return this;
  }

  /** Asks for a reconcile of one key. */
  enqueue(request: Request, options?: AddOptions): void {
    this.#queue.add(formatKey(request), options);
  }

  /** Works until the signal fires, then lets what is running end: within the drain time, after which it is aborted. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock, metrics, logger, maxConcurrentReconciles: workers = 10, drainTimeout = 10_000 } = this.#options;
    // a reconcile on a half-filled cache would take what isn't there yet for gone
    await Promise.all([...this.#informers].map((informer) => informer.waitForSync(signal)));
    metrics?.maxConcurrentReconciles.set({ controller: this.name }, workers);
    const abort = new AbortController();
    let drain: { cancel(): void } | undefined;
    const onStop = (): void => {
      this.#queue.shutDown();
      // who leads no more has nothing to finish: its writes are refused
      if (signal.reason instanceof NotLeaderError) abort.abort(signal.reason);
      else drain = clock.after(drainTimeout, () => abort.abort(new Error("the controller was stopped")));
    };
    if (signal.aborted) onStop();
    else signal.addEventListener("abort", onStop, { once: true });
    logger.info({ controller: this.name, workers }, "controller started");
    await Promise.all(Array.from({ length: workers }, () => this.#work(abort.signal)));
    drain?.cancel();
    signal.removeEventListener("abort", onStop);
    logger.info({ controller: this.name }, "controller stopped");
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { metrics } = this.#options;
    for (;;) {
      const item = await this.#queue.get();
      if (item === undefined) return;
      metrics?.activeWorkers.inc({ controller: this.name });
      try {
        await this.#reconcile(item.key, item.priority, signal);
      } finally {
        metrics?.activeWorkers.dec({ controller: this.name });
        this.#queue.done(item.key);
      }
    }
  }

  async #reconcile(key: string, priority: number, stop: AbortSignal): Promise<void> {
    const { clock, metrics, reconciler, reconcileTimeout = 60_000 } = this.#options;
    const request = parseKey(key);
    const reconcileID = randomUUID();
    const logger = this.#options.logger.child({ controller: this.name, ...request, reconcileID });
    const started = clock.monotonic();
    const abort = new AbortController();
    const onStop = (): void => abort.abort(stop.reason);
    stop.addEventListener("abort", onStop, { once: true });
    const deadline = clock.after(reconcileTimeout, () => {
      metrics?.reconcileTimeoutsTotal.inc({ controller: this.name });
      abort.abort(new Error(`the reconcile took longer than ${reconcileTimeout} ms`));
    });
    const span = trace.getTracer("agent-orchestrator/runtime").startSpan("reconcile", {
      attributes: {
        "k8s.controller.name": this.name,
        "k8s.namespace.name": request.namespace ?? "",
        "k8s.object.name": request.name,
        "reconcile.id": reconcileID,
      },
    });
    let outcome: Outcome;
    try {
      const result = await otelContext.with(trace.setSpan(otelContext.active(), span), () =>
        reconciler.reconcile(request, { signal: abort.signal, logger, reconcileID }),
      );
      outcome = this.#succeeded(key, priority, result);
    } catch (error) {
      outcome = this.#failed(key, priority, error, logger);
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
    } finally {
      deadline.cancel();
      stop.removeEventListener("abort", onStop);
    }
    span.setAttribute("reconcile.result", outcome);
    span.end();
    metrics?.reconcileTotal.inc({ controller: this.name, result: outcome });
    metrics?.reconcileTimeSeconds.observe({ controller: this.name }, (clock.monotonic() - started) / 1000);
  }

  #succeeded(key: string, priority: number, result: Result): Outcome {
    this.#queue.forget(key);
    if (result.requeueAfter === undefined) return "success";
    this.#queue.add(key, { after: result.requeueAfter, priority });
    return "requeue_after";
  }

  #failed(key: string, priority: number, error: unknown, logger: Logger): Outcome {
    const { metrics } = this.#options;
    if (error instanceof Conflict) {
      // somebody else was quicker: no fault, and no reason to wait longer each time
      this.#queue.add(key, { after: conflictDelay, priority });
      logger.debug({ err: error }, "reconcile met a conflict, trying again");
      return "requeue";
    }
    metrics?.reconcileErrorsTotal.inc({ controller: this.name });
    if (error instanceof TerminalError) {
      metrics?.terminalReconcileErrorsTotal.inc({ controller: this.name });
      this.#queue.forget(key);
      logger.error({ err: error }, "reconcile failed and can't be retried");
      return "error";
    }
    // a mistake in the program, as a nil dereference would be in Go
    if (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError) {
      metrics?.reconcilePanicsTotal.inc({ controller: this.name });
    }
    this.#queue.retry(key, { priority });
    const failures = this.#queue.failures(key);
    if (isTransient(error)) logger.warn({ err: error, failures }, "reconcile failed, trying again");
    else logger.error({ err: error, failures }, "reconcile failed, trying again");
    return "error";
  }
}

/** The `result` label of controller_runtime_reconcile_total. */
type Outcome = "success" | "requeue" | "requeue_after" | "error";
