import { randomUUID } from "node:crypto";
import { context as otelContext, trace } from "@opentelemetry/api";
import { LinkedAbort, onAbort } from "../abort.js";
import type { BackoffOptions } from "../backoff.js";
import type { Informer } from "../cache/informer.js";
import type { Change } from "../cache/store.js";
import { isTransient, Conflict } from "../client/errors.js";
import { formatKey, keyOf, objectKey, parseKey, type KubernetesObject, type Stored } from "../client/objects.js";
import type { Clock, Random } from "../clock.js";
import { NotLeaderError } from "../leaderelection/elector.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";
import { queueObserver } from "../metrics/observers.js";
import { lowPriority, PriorityQueue, type AddOptions } from "../queue/queue.js";
import { defaultTracerName, recordFailure } from "../tracing/spans.js";
import { contextOf } from "../tracing/traceparent.js";
import { controllingOwnerOf } from "./owner.js";
import { TerminalError, type Reconciler, type Request, type Result } from "./reconciler.js";

/** Returns true if a change needs a reconcile. */
export type Predicate<T extends KubernetesObject> = (change: Change<T>) => boolean;

/** What a controller reconciles with, and its limits. */
export interface ControllerOptions {
  /** Appears in metrics, logs and spans; unique in the process. */
  readonly name: string;
  readonly reconciler: Reconciler;
  /** Default 10. A key is never reconciled twice at once, whatever the limit. */
  readonly maxConcurrentReconciles?: number;
  /** Milliseconds after which a reconcile's signal fires. Default 60,000. */
  readonly reconcileTimeout?: number;
  /** Milliseconds after a stop until the signal of running reconciles fires. Default 10,000. */
  readonly drainTimeout?: number;
  /** Delays between retries of one key. Default: the queue's, 5 ms doubling to 1,000 s. */
  readonly backoff?: BackoffOptions;
  /** Limits the retries of all keys together. Default: the queue's, 10 per second after a burst of 100. */
  readonly bucket?: { readonly ratePerSecond: number; readonly burst: number };
  /**
   * The group of a request, for example its namespace: among requests of equal priority the groups take turns. Default: all
   * requests are in one group, first in, first out.
   */
  readonly groupOf?: (request: Request) => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
  /** Instrumentation scope of the spans. Default `controller-runtime`. */
  readonly tracerName?: string;
  /**
   * The W3C `traceparent` that the reconcile of an object belongs to; an invalid one is ignored. Called for each reconcile:
   * it must be fast. Default: each reconcile begins a trace.
   */
  readonly traceparentOf?: (request: Request) => string | undefined;
}

/** Milliseconds before a conflict is retried: long enough for the watch to bring the newer version. */
const conflictDelay = 50;
/** More consecutive conflicts than these have another cause than a concurrent write: an apply without `force`, for example. */
const maxConflicts = 20;
/**
 * Milliseconds of consecutive reconciles after which a worker yields to the event loop. Reconciles that find nothing to do
 * never wait for I/O: ten thousand of them at a start would delay probes and the renewal of the lease.
 */
const maxTurn = 20;

/**
 * Turns changes of cached objects into reconciles: keys go through a queue without duplicates, and workers hand them to
 * the reconciler. A failure is retried with back-off; a conflict after 50 ms, without back-off (the 21st in a row is a
 * failure); a {@link TerminalError} is not retried.
 */
export class Controller {
  readonly name: string;
  readonly #options: ControllerOptions;
  readonly #queue: PriorityQueue;
  readonly #informers = new Set<Informer<KubernetesObject>>();
  readonly #conflicts = new Map<string, number>();

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#options = options;
    const { metrics, name, groupOf } = options;
    this.#queue = new PriorityQueue({
      clock: options.clock,
      random: options.random,
      ...(options.backoff !== undefined && { backoff: options.backoff }),
      ...(options.bucket !== undefined && { bucket: options.bucket }),
      ...(metrics !== undefined && { observer: queueObserver(metrics, name) }),
      ...(groupOf !== undefined && { groupOf: (key: string) => groupOf(parseKey(key)) }),
    });
    metrics?.addController(name, () => this.#queue.unfinished());
  }

  /** Reconciles each object of this type when it changes. */
  for<T extends KubernetesObject>(informer: Informer<T>, predicate?: Predicate<T>): this {
    return this.watches(informer, (object) => [keyOf(object)], predicate);
  }

  /**
   * Reconciles the controlling owner of each object of this type when the object changes.
   * @param owner for example its {@link ResourceType}. If it is not `namespaced` (default true), requests have no namespace.
   */
  owns<T extends KubernetesObject>(
    informer: Informer<T>,
    owner: { readonly group: string; readonly kind: string; readonly namespaced?: boolean },
    predicate?: Predicate<T>,
  ): this {
    const map = (object: Stored<T>): string[] => {
      const reference = controllingOwnerOf(object, owner);
      if (reference === undefined) return [];
      const key = objectKey(object, reference.name);
      return [owner.namespaced === false ? key.name : formatKey(key)];
    };
    return this.watches(informer, map, predicate);
  }

  /**
   * Reconciles the keys that `map` returns, whenever an object of this type changes. A predicate that throws counts as
   * true; a `map` that throws reconciles nothing for that object. Both are logged.
   */
  watches<T extends KubernetesObject>(
    informer: Informer<T>,
    map: (object: Stored<T>) => readonly string[],
    predicate?: Predicate<T>,
  ): this {
    this.#informers.add(informer as unknown as Informer<KubernetesObject>);
    informer.addHandler((change) => {
      const guard = <R>(call: () => R, otherwise: R): R => this.#guard(change, call, otherwise);
      // a needless reconcile does no harm; a missing one is never made up for
      if (predicate !== undefined && !guard(() => predicate(change), true)) return;
      // objects that existed before the start did not change: real changes go first
      const options: AddOptions = change.type === "added" && change.initial ? { priority: lowPriority } : {};
      // an object with a new owner concerns its former owner too
      for (const object of change.type === "updated" ? [change.object, change.old] : [change.object]) {
        for (const key of guard(() => map(object), [])) this.#queue.add(key, options);
      }
    });
    return this;
  }

  /** The result of a function of the program, or `otherwise` if it throws. */
  #guard<R>({ type, object }: Change<KubernetesObject>, call: () => R, otherwise: R): R {
    try {
      return call();
    } catch (error) {
      const { namespace, name } = object.metadata;
      const fields = { err: error, controller: this.name, change: type, kind: object.kind, namespace, name };
      this.#options.logger.error(fields, "a predicate or a mapping of a change failed");
      return otherwise;
    }
  }

  /** Enqueues a reconcile of one key. */
  enqueue(request: Request, options?: AddOptions): void {
    this.#queue.add(formatKey(request), options);
  }

  /** Runs until the signal fires, then waits for running reconciles, whose signal fires after the drain timeout. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock, metrics, logger, maxConcurrentReconciles: workers = 10, drainTimeout = 10_000 } = this.#options;
    // on a partly filled cache, a reconcile would take objects that are not listed yet for deleted
    await Promise.all([...this.#informers].map((informer) => informer.waitForSync(signal)));
    metrics?.maxConcurrentReconciles.set({ controller: this.name }, workers);
    const abort = new AbortController();
    let drain: { cancel(): void } | undefined;
    const removeListener = onAbort(signal, () => {
      this.#queue.shutDown();
      // a former leader has nothing to finish: its writes are rejected
      if (signal.reason instanceof NotLeaderError) abort.abort(signal.reason);
      else drain = clock.after(drainTimeout, () => abort.abort(new Error("the controller was stopped")));
    });
    logger.info({ controller: this.name, workers }, "controller started");
    await Promise.all(Array.from({ length: workers }, () => this.#work(abort.signal)));
    drain?.cancel();
    removeListener();
    logger.info({ controller: this.name }, "controller stopped");
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { clock, metrics } = this.#options;
    let turn = clock.monotonic();
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
      if (clock.monotonic() - turn < maxTurn) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
      turn = clock.monotonic();
    }
  }

  async #reconcile(key: string, priority: number, stop: AbortSignal): Promise<void> {
    const { clock, metrics, reconciler, reconcileTimeout = 60_000, tracerName = defaultTracerName } = this.#options;
    const request = parseKey(key);
    const reconcileID = randomUUID();
    const logger = this.#options.logger.child({ controller: this.name, ...request, reconcileID });
    const started = clock.monotonic();
    const abort = new LinkedAbort(stop);
    const deadline = clock.after(reconcileTimeout, () => {
      metrics?.reconcileTimeoutsTotal.inc({ controller: this.name });
      abort.abort(new Error(`the reconcile took longer than ${reconcileTimeout} ms`));
    });
    const attributes = {
      "k8s.controller.name": this.name,
      "k8s.namespace.name": request.namespace ?? "",
      "k8s.object.name": request.name,
      "reconcile.id": reconcileID,
    };
    const parent = contextOf(this.#options.traceparentOf?.(request));
    const span = trace.getTracer(tracerName).startSpan("reconcile", { attributes }, parent);
    let outcome: Outcome;
    try {
      const result = await otelContext.with(trace.setSpan(otelContext.active(), span), () =>
        reconciler.reconcile(request, { signal: abort.signal, logger, reconcileID }),
      );
      outcome = this.#succeeded(key, priority, result);
    } catch (error) {
      outcome = this.#failed(key, priority, error, logger);
      recordFailure(span, error);
    } finally {
      deadline.cancel();
      abort.unlink();
    }
    span.setAttribute("reconcile.result", outcome);
    span.end();
    metrics?.reconcileTotal.inc({ controller: this.name, result: outcome });
    metrics?.reconcileTimeSeconds.observe({ controller: this.name }, (clock.monotonic() - started) / 1000);
  }

  #succeeded(key: string, priority: number, { requeueAfter }: Result): Outcome {
    if (Number.isNaN(requeueAfter)) throw new RangeError("requeueAfter is not a number");
    this.#forget(key);
    if (requeueAfter === undefined) return "success";
    this.#queue.add(key, { after: requeueAfter, priority });
    return "requeue_after";
  }

  #forget(key: string): void {
    this.#conflicts.delete(key);
    this.#queue.forget(key);
  }

  #failed(key: string, priority: number, error: unknown, logger: Logger): Outcome {
    const { metrics } = this.#options;
    const conflicts = (this.#conflicts.get(key) ?? 0) + 1;
    if (error instanceof Conflict && conflicts <= maxConflicts) {
      this.#conflicts.set(key, conflicts);
      // a concurrent write is not a failure, and no reason to back off
      this.#queue.add(key, { after: conflictDelay, priority });
      logger.debug({ err: error }, "reconcile met a conflict; retrying");
      return "requeue";
    }
    metrics?.reconcileErrorsTotal.inc({ controller: this.name });
    if (error instanceof TerminalError) {
      metrics?.terminalReconcileErrorsTotal.inc({ controller: this.name });
      this.#forget(key);
      logger.error({ err: error }, "reconcile failed; not retrying");
      return "error";
    }
    // a bug in the program, as a panic would be in Go
    if (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError) {
      metrics?.reconcilePanicsTotal.inc({ controller: this.name });
    }
    this.#queue.retry(key, { priority });
    const failures = this.#queue.failures(key);
    if (isTransient(error)) logger.warn({ err: error, failures }, "reconcile failed; retrying");
    else logger.error({ err: error, failures }, "reconcile failed; retrying");
    return "error";
  }
}

/** The `result` label of controller_runtime_reconcile_total. */
type Outcome = "success" | "requeue" | "requeue_after" | "error";
