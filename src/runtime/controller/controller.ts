import { randomUUID } from "node:crypto";
import { context as otelContext, SpanStatusCode, trace } from "@opentelemetry/api";
import type { BackoffOptions } from "../backoff.js";
import type { Informer } from "../cache/informer.js";
import type { Change } from "../cache/store.js";
import { isTransient, Conflict } from "../client/errors.js";
import { formatKey, keyOf, objectKey, parseKey, type KubernetesObject, type Stored } from "../client/objects.js";
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
/** Conflicts one after the other from which on it isn't that somebody was quicker: an apply without `force`, for instance. */
const mostConflicts = 20;
/**
 * Milliseconds of reconciles one right after the other, after which all else in the process gets its turn. Those that find
 * nothing to do wait for nothing: ten thousand of them at a start would hold up probes and the renewal of the lease.
 */
const longestTurn = 20;

/**
 * Turns changes of cached objects into reconciles: keys go through a queue that knows no duplicates, and workers hand
 * them to the reconciler. A failure is retried with back-off, a conflict at once (the 21st in a row is a failure), a
 * {@link TerminalError} not at all.
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
    metrics?.addController(name, () => this.#queue.unfinished());
  }

  /** Reconciles each object of this type when it changes. */
  for<T extends KubernetesObject>(informer: Informer<T>, predicate?: Predicate<T>): this {
    return this.watches(informer, (object) => [keyOf(object)], predicate);
  }

  /**
   * Reconciles the owner of each object of this type that changes: the one whose owner reference says `controller`.
   * @param owner its {@link ResourceType}, for instance; where it isn't `namespaced` (default: it is) requests have no namespace.
   */
  owns<T extends KubernetesObject>(
    informer: Informer<T>,
    owner: { readonly group: string; readonly kind: string; readonly namespaced?: boolean },
    predicate?: Predicate<T>,
  ): this {
    const map = (object: Stored<T>): string[] => {
      const reference = object.metadata.ownerReferences?.find(
        (candidate) =>
          candidate.controller === true &&
          candidate.kind === owner.kind &&
          groupOf(candidate.apiVersion) === owner.group,
      );
      if (reference === undefined) return [];
      const key = objectKey(object, reference.name);
      return [owner.namespaced === false ? key.name : formatKey(key)];
    };
    return this.watches(informer, map, predicate);
  }

  /**
   * Reconciles what the function names, whenever an object of this type changes. Where the predicate throws, the change counts; where
   * the function does, nothing is reconciled for that object. Both are logged.
   */
  watches<T extends KubernetesObject>(
    informer: Informer<T>,
    map: (object: Stored<T>) => readonly string[],
    predicate?: Predicate<T>,
  ): this {
    this.#informers.add(informer as unknown as Informer<KubernetesObject>);
    informer.addHandler((change) => {
      const guard = <R>(call: () => R, otherwise: R): R => this.#guard(change, call, otherwise);
      // one reconcile too many does no harm, one too few nobody makes up for
      if (predicate !== undefined && !guard(() => predicate(change), true)) return;
      // what was there before the start is nobody's change: those who wait now go first
      const options: AddOptions = change.type === "added" && change.initial ? { priority: lowPriority } : {};
      // an object that changed hands concerns its former owner too
      for (const object of change.type === "updated" ? [change.object, change.old] : [change.object]) {
        for (const key of guard(() => map(object), [])) this.#queue.add(key, options);
      }
    });
    return this;
  }

  /** What a function of the program's gives, or something else where it throws. */
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
    let turn = performance.now();
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
      if (performance.now() - turn < longestTurn) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
      turn = performance.now();
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
    if (stop.aborted) onStop();
    else stop.addEventListener("abort", onStop, { once: true });
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
    if (error instanceof Conflict && conflicts <= mostConflicts) {
      this.#conflicts.set(key, conflicts);
      // somebody else was quicker: no fault, and no reason to wait longer each time
      this.#queue.add(key, { after: conflictDelay, priority });
      logger.debug({ err: error }, "reconcile met a conflict, trying again");
      return "requeue";
    }
    metrics?.reconcileErrorsTotal.inc({ controller: this.name });
    if (error instanceof TerminalError) {
      metrics?.terminalReconcileErrorsTotal.inc({ controller: this.name });
      this.#forget(key);
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

function groupOf(apiVersion: string): string {
  return apiVersion.slice(0, Math.max(0, apiVersion.indexOf("/")));
}

/** The `result` label of controller_runtime_reconcile_total. */
type Outcome = "success" | "requeue" | "requeue_after" | "error";
