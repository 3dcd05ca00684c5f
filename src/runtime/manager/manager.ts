import { setMaxListeners } from "node:events";
import { hostname } from "node:os";
import { collectDefaultMetrics, Registry } from "prom-client";
import { aborted } from "../abort.js";
import type { ServerAccess } from "../client/access.js";
import type { Client } from "../client/client.js";
import { HttpClient } from "../client/http.js";
import { Cache } from "../cache/cache.js";
import type { InformerDependencies } from "../cache/informer.js";
import { writeThrough } from "../cache/write-through.js";
import { sleep, systemClock, type Clock, type Random } from "../clock.js";
import { Controller, type ControllerOptions } from "../controller/controller.js";
import { EventBroadcaster } from "../events/broadcaster.js";
import { LeaderElector, type LeaderElectionOptions } from "../leaderelection/elector.js";
import { fenced } from "../leaderelection/fence.js";
import type { Logger } from "../logger.js";
import { RuntimeMetrics } from "../metrics/metrics.js";
import { traced } from "../tracing/client.js";
import { Profiles } from "./profiles.js";
import { ProbeServer, type Check } from "./probes.js";

/**
 * Something that runs as long as the manager does. `start` resolves when it has ended after the signal; if it rejects,
 * or resolves before the signal, the manager stops.
 */
export interface Runnable {
  readonly name: string;
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when it does its work; the groups after it wait for that. Default: at once. */
  ready?(signal: AbortSignal): Promise<void>;
  /** The stop has begun, and `start`'s signal will fire in a while: the time to send away who could come back. */
  drain?(): void;
}

/** Milliseconds for the last Events at a stop: whoever waits for the lease must not wait for them. */
const longestFlush = 2_000;

/** The order of start; the stop goes the other way. `leader` starts only where and while this process leads. */
export type RunnableGroup = "webhooks" | "others" | "leader";

export interface ManagerOptions {
  readonly access: ServerAccess;
  /** Names the program in field managers, Events and the User-Agent. */
  readonly name: string;
  readonly version: string;
  readonly logger: Logger;
  /** Absent: no election, this process leads. Only for a single replica. */
  readonly leaderElection?: LeaderElectionOptions;
  /** Probes and metrics. Default: all addresses, IPv6 too, at port 8080. */
  readonly probes?: { readonly host?: string; readonly port?: number };
  /**
   * Serve CPU and heap profiles beside the probes, to callers whose bearer token may `get` the nonResourceURL
   * `/debug/pprof/…`. Default false. The token crosses the network in the clear: call it through `kubectl port-forward`.
   */
  readonly profiling?: boolean;
  /** Milliseconds that the whole stop may take. Default 30,000. */
  readonly shutdownTimeout?: number;
  /**
   * Milliseconds between not being ready any more and closing the webhooks: until then the API server may still send.
   * Default 0; in a cluster some seconds.
   */
  readonly drainDelay?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly registry?: Registry;
  /** Deep-freeze cached objects: for tests. */
  readonly freezeCache?: boolean;
  /** The transport of the client, for tests that inject faults. */
  readonly client?: HttpClient;
}

/** Leadership was lost: the process should exit with an error and start anew. */
export class LeadershipLostError extends Error {
  override readonly name = "LeadershipLostError";
}

/**
 * Owns what an operator needs and runs it in order: probes, webhooks, caches, others, then, as the leader, controllers.
 * Everything stops in the reverse order when the signal fires, so that the last to go is what others rely on.
 */
export class Manager {
  readonly cache: Cache;
  /** Writes are fenced by leadership and visible in the cache at once; reads are live. */
  readonly client: Client;
  /** Neither fenced nor cached: for what every replica does, such as certificates. */
  readonly liveClient: HttpClient;
  readonly events: EventBroadcaster;
  readonly metrics: RuntimeMetrics;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly elector: LeaderElector | undefined;
  /** For an informer beside the cache's: another view of a type that is cached already. */
  readonly informerDependencies: InformerDependencies;
  readonly #options: ManagerOptions;
  readonly #groups: Record<RunnableGroup, Runnable[]> = { webhooks: [], others: [], leader: [] };
  readonly #healthChecks = new Map<string, Check>();
  readonly #readyChecks = new Map<string, Check>();
  readonly #probes: ProbeServer;
  #stopping = false;
  #cachesReady = false;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? Math.random;
    this.logger = options.logger;
    this.registry = options.registry ?? new Registry();
    this.metrics = new RuntimeMetrics(this.registry);
    const { metrics } = this;
    this.liveClient =
      options.client ??
      new HttpClient({
        access: options.access,
        fieldManager: options.name,
        userAgent: `${options.name}/${options.version}`,
        clock: this.clock,
        random: this.random,
        observer: {
          requestDone(method, host, code, seconds) {
            metrics.restClientRequestsTotal.inc({ method, host, code });
            metrics.restClientRequestDurationSeconds.observe({ verb: method, host }, seconds);
          },
        },
      });
    this.informerDependencies = {
      client: this.liveClient,
      clock: this.clock,
      random: this.random,
      logger: this.logger,
      freeze: options.freezeCache ?? false,
      observer: {
        listed(name, seconds) {
          metrics.reflectorListsTotal.inc({ name });
          metrics.reflectorListDurationSeconds.observe({ name }, seconds);
        },
        watchEnded: (name, reason) => metrics.reflectorWatchesEndedTotal.inc({ name, reason }),
      },
    };
    this.cache = new Cache(this.informerDependencies);
    const shared = { client: this.liveClient, clock: this.clock, random: this.random, logger: this.logger, metrics };
    this.elector = options.leaderElection && new LeaderElector(options.leaderElection, shared);
    const { elector } = this;
    const writer = elector === undefined ? this.liveClient : fenced(this.liveClient, () => elector.fence());
    this.client = traced(writeThrough(writer, this.cache));
    this.events = new EventBroadcaster({
      ...shared,
      client: writer,
      controller: options.name,
      instance: elector?.identity ?? hostname(),
    });
    this.#probes = new ProbeServer({
      host: options.probes?.host,
      port: options.probes?.port ?? 8080,
      registry: this.registry,
      version: options.version,
      healthChecks: this.#healthChecks,
      readyChecks: this.#readyChecks,
      ...(options.profiling === true && {
        profiles: new Profiles({ client: this.liveClient, clock: this.clock, logger: this.logger }),
      }),
    });
    this.addReadyCheck("shutdown", () => (this.#stopping ? "stopping" : undefined));
    this.addReadyCheck("caches", () => {
      if (this.#cachesReady) return undefined;
      return `waiting for ${this.cache.unsynced.join(", ") || "start"}`;
    });
  }

  /** Where probes and metrics are served, once started. */
  get probesPort(): number {
    return this.#probes.port;
  }

  add(runnable: Runnable, group: RunnableGroup): void {
    this.#groups[group].push(runnable);
  }

  addHealthCheck(name: string, check: Check): void {
    this.#healthChecks.set(name, check);
  }

  addReadyCheck(name: string, check: Check): void {
    this.#readyChecks.set(name, check);
  }

  /** Makes a controller that runs while this process leads. */
  controller(options: Omit<ControllerOptions, "clock" | "random" | "logger" | "metrics">): Controller {
    const { clock, random, logger, metrics } = this;
    const controller = new Controller({ ...options, clock, random, logger, metrics });
    this.add(controller, "leader");
    return controller;
  }

  /**
   * Runs until the signal fires and everything has stopped.
   * @throws LeadershipLostError where the lease was lost; whatever a runnable threw, where one failed.
   */
  async start(signal: AbortSignal): Promise<void> {
    const stopDefaults = collectOnce(this.registry);
    const group = new Groups(this.logger);
    const failed = group.failed;
    const stop = AbortSignal.any([signal, failed]);
    let leadership: Promise<void> = Promise.resolve();
    const leaderStop = new AbortController();
    try {
      await this.#probes.listen();
      await group.start(this.#groups.webhooks, stop);
      await group.start(
        [
          {
            name: "caches",
            start: (s) => this.cache.start(s),
            ready: (s) => this.cache.waitForSync(s),
          },
        ],
        stop,
      );
      this.#cachesReady = true;
      await group.start(this.#groups.others, stop);
      leadership = this.#lead(leaderStop.signal, group).then((result) => {
        if (result === "lost") group.fail(new LeadershipLostError("leadership was lost"));
      });
      leadership.catch((error: unknown) => group.fail(error));
      this.logger.info({ version: this.#options.version }, "manager started");
      await aborted(stop);
    } catch (error) {
      if (!signal.aborted) group.fail(error);
    }
    this.#stopping = true;
    this.logger.info({}, "manager is stopping");
    group.drain();
    const timeout = this.#options.shutdownTimeout ?? 30_000;
    const forced = new AbortController();
    const orderly = (async () => {
      leaderStop.abort(new Error("the manager is stopping"));
      await Promise.allSettled([leadership]);
      await this.events.flush(longestFlush);
      // after a loss of leadership too: requests still come to the webhooks
      await sleep(this.clock, this.#options.drainDelay ?? 0, forced.signal);
      await group.stop();
    })();
    const inTime = await Promise.race([
      orderly.then(() => true),
      sleep(this.clock, timeout, forced.signal).then(() => false),
    ]);
    forced.abort();
    if (!inTime) this.logger.error({ timeout }, "the stop took too long and is cut short");
    await this.#probes.close();
    await this.liveClient.close();
    stopDefaults();
    if (failed.aborted) throw failed.reason;
    this.logger.info({}, "manager stopped");
  }

  async #lead(signal: AbortSignal, group: Groups): Promise<"stopped" | "lost"> {
    const lead = async (leading: AbortSignal): Promise<void> => {
      setMaxListeners(0, leading);
      const runs = this.#groups.leader.map((runnable) => group.run(runnable, leading));
      await Promise.all(runs);
      // without runnables leading still means holding the lease until the end
      await aborted(leading);
      await this.events.flush(longestFlush);
    };
    if (this.elector !== undefined) return this.elector.run(signal, lead);
    await lead(signal);
    return "stopped";
  }
}

/** Runnables that were started, in order, each group with a signal of its own, so that they stop in reverse. */
class Groups {
  readonly #started: {
    readonly abort: AbortController;
    readonly runnables: readonly Runnable[];
    readonly runs: Promise<void>[];
  }[] = [];
  readonly #failure = new AbortController();

  constructor(private readonly logger: Logger) {}

  /** Fires when a runnable failed or ended before its time. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  fail(error: unknown): void {
    this.#failure.abort(error);
  }

  /** Starts runnables together and waits until all of them are ready. */
  async start(runnables: readonly Runnable[], stop: AbortSignal): Promise<void> {
    const abort = new AbortController();
    // as many wait for them as there are parts; Node takes more than ten for a leak, and says so
    setMaxListeners(0, abort.signal, stop);
    const runs = runnables.map((runnable) => this.run(runnable, abort.signal));
    this.#started.push({ abort, runnables, runs });
    const ready = Promise.all(runnables.map(async (runnable) => runnable.ready?.(stop)));
    const stopped = aborted(stop).then(() => stop.throwIfAborted());
    // whichever comes second has nobody to tell
    stopped.catch(() => undefined);
    ready.catch(() => undefined);
    await Promise.race([ready, stopped]);
  }

  async run(runnable: Runnable, signal: AbortSignal): Promise<void> {
    try {
      await runnable.start(signal);
      if (!signal.aborted) throw new Error(`${runnable.name} ended by itself`);
    } catch (error) {
      if (signal.aborted) return;
      this.logger.error({ err: error, runnable: runnable.name }, "a part of the manager failed");
      this.fail(error);
    }
  }

  drain(): void {
    for (const { runnables } of this.#started) for (const runnable of runnables) runnable.drain?.();
  }

  async stop(): Promise<void> {
    for (const { abort, runs } of this.#started.reverse()) {
      abort.abort(new Error("the manager is stopping"));
      await Promise.allSettled(runs);
    }
  }
}

/** The process' own metrics, once a registry; the returned function takes them out again. */
function collectOnce(registry: Registry): () => void {
  if (registry.getSingleMetric("process_cpu_user_seconds_total") !== undefined) return () => undefined;
  collectDefaultMetrics({ register: registry });
  return () => registry.clear();
}
