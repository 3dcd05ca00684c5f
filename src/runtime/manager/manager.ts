import { setMaxListeners } from "node:events";
import { hostname } from "node:os";
import { Registry } from "prom-client";
import { aborted, LinkedAbort } from "../abort.js";
import { BearerAccess } from "../authorization/bearer-access.js";
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
import { collectProcessMetrics, reflectorObserver, requestObserver } from "../metrics/observers.js";
import { traced } from "../tracing/client.js";
import { MetricsServer } from "./metrics-server.js";
import { Profiles } from "./profiles.js";
import { ProbeServer, type Check } from "./probes.js";
import { StartedGroups, type Runnable, type RunnableGroup } from "./runnable.js";

/** Milliseconds for the last Events at a stop: another process may be waiting for the lease. */
const flushTimeout = 2_000;

/** What a manager connects to and how it presents itself. */
export interface ManagerOptions {
  readonly access: ServerAccess;
  /** Names the program: field manager, reportingController of Events, User-Agent; default of the names below. */
  readonly name: string;
  /** Shown by `/health` and in the User-Agent. */
  readonly version: string;
  readonly logger: Logger;
  /** Absent: no election, and this process leads. Only for a single replica: two would write at once. */
  readonly leaderElection?: LeaderElectionOptions;
  /** Address of probes and metrics. Default: all addresses, IPv6 too, at port 8080. Port 0 is any free one. */
  readonly probes?: { readonly host?: string; readonly port?: number };
  /**
   * Serve CPU and heap profiles beside the probes, to callers whose bearer token may `get` the nonResourceURL
   * `/debug/pprof/…`. Default false. The token crosses the network in the clear: use `kubectl port-forward`.
   */
  readonly profiling?: boolean;
  /**
   * Serve `/metrics` over TLS at this port instead of beside the probes, and only to callers whose bearer token may `get` the
   * nonResourceURL `/metrics`. `manager.metricsServer` must be given a certificate. Default: without TLS, to everybody.
   */
  readonly secureMetrics?: { readonly host?: string; readonly port: number };
  /** Prefix of the file names of profiles. Default: `name`. */
  readonly profilePrefix?: string;
  /** Prefix of the metrics that controller-runtime does not have. Default `controller_runtime`. */
  readonly metricPrefix?: string;
  /** Instrumentation scope of spans. Default `controller-runtime`. */
  readonly tracerName?: string;
  /** Milliseconds that the whole stop may take. Default 30,000. */
  readonly shutdownTimeout?: number;
  /**
   * Milliseconds from the end of readiness to the close of the webhooks. The API server may still send requests in this
   * time: in a cluster, with less than some seconds, requests fail during a rollout. A manager that stops without being
   * told to (leadership lost, a runnable failed) takes twice as long: its pod is not being deleted, so that its endpoint
   * disappears only when the readiness probe has failed often enough. Default 0.
   */
  readonly drainDelay?: number;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Default `Math.random`. */
  readonly random?: Random;
  /** Where metrics are registered. Default: a new registry. */
  readonly registry?: Registry;
  /** Deep-freeze cached objects, so that a test finds code that changes a shared object. Default false. */
  readonly freezeCache?: boolean;
  /** Replaces the client of the API server: for tests that inject faults into its transport. */
  readonly client?: HttpClient;
}

/** Leadership was lost: the process should exit with an error and be restarted. */
export class LeadershipLostError extends Error {
  override readonly name = "LeadershipLostError";
}

/**
 * Owns what an operator needs and runs it in order: probes, webhooks, caches, others and, while this process leads,
 * controllers. Everything stops in the reverse order, so that each part stops before what it relies on.
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
  /** Absent without leader election. */
  readonly elector: LeaderElector | undefined;
  /** For an informer beside the cache's: another view of a type that is cached already. */
  readonly informerDependencies: InformerDependencies;
  readonly #options: ManagerOptions;
  readonly #groups: Record<RunnableGroup, Runnable[]> = { webhooks: [], others: [], leader: [] };
  readonly #healthChecks = new Map<string, Check>();
  readonly #readyChecks = new Map<string, Check>();
  readonly #probes: ProbeServer;
  /** Absent without `secureMetrics`. */
  readonly metricsServer: MetricsServer | undefined;
  #stopping = false;
  #cachesReady = false;

  /** Sends nothing and starts nothing. @throws RangeError if the timings of the leader election cannot work. */
  constructor(options: ManagerOptions) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? Math.random;
    this.logger = options.logger;
    this.registry = options.registry ?? new Registry();
    const { metricPrefix } = options;
    this.metrics = new RuntimeMetrics(this.registry, metricPrefix === undefined ? {} : { prefix: metricPrefix });
    const { clock, random, logger, metrics } = this;
    this.liveClient =
      options.client ??
      new HttpClient({
        access: options.access,
        fieldManager: options.name,
        userAgent: `${options.name}/${options.version}`,
        clock,
        random,
        observer: requestObserver(metrics),
      });
    const client = this.liveClient;
    const freeze = options.freezeCache ?? false;
    this.informerDependencies = { client, clock, random, logger, freeze, observer: reflectorObserver(metrics) };
    this.cache = new Cache(this.informerDependencies);
    const shared = { client, clock, random, logger, metrics };
    const elector = options.leaderElection && new LeaderElector(options.leaderElection, shared);
    this.elector = elector;
    const writer = elector === undefined ? client : fenced(client, () => elector.fence());
    this.client = traced(writeThrough(writer, this.cache), options.tracerName);
    this.events = new EventBroadcaster({
      ...shared,
      client: writer,
      controller: options.name,
      instance: elector?.identity ?? hostname(),
    });
    const access = new BearerAccess({ client, clock, logger });
    this.#probes = this.#createProbes(access);
    const { secureMetrics } = options;
    this.metricsServer =
      secureMetrics && new MetricsServer({ ...secureMetrics, access, clock, logger, registry: this.registry });
    if (this.metricsServer !== undefined) this.add(this.metricsServer, "webhooks");
    this.addReadyCheck("shutdown", () => (this.#stopping ? "stopping" : undefined));
    this.addReadyCheck("caches", () => {
      if (this.#cachesReady) return undefined;
      return `waiting for ${this.cache.unsynced.join(", ") || "start"}`;
    });
  }

  /** The port of probes and metrics, once started. */
  get probesPort(): number {
    return this.#probes.port;
  }

  /** Adds a runnable; call it before `start`. */
  add(runnable: Runnable, group: RunnableGroup): void {
    this.#groups[group].push(runnable);
  }

  /** Adds a check to `/healthz`: a failing one makes the kubelet restart the container. */
  addHealthCheck(name: string, check: Check): void {
    this.#healthChecks.set(name, check);
  }

  /** Adds a check to `/readyz`: a failing one takes the pod out of its Services. */
  addReadyCheck(name: string, check: Check): void {
    this.#readyChecks.set(name, check);
  }

  /** Creates a controller that runs while this process leads. */
  controller(options: Omit<ControllerOptions, "clock" | "random" | "logger" | "metrics" | "tracerName">): Controller {
    const { clock, random, logger, metrics } = this;
    const { tracerName } = this.#options;
    const scope = tracerName === undefined ? {} : { tracerName };
    const controller = new Controller({ ...options, clock, random, logger, metrics, ...scope });
    this.add(controller, "leader");
    return controller;
  }

  /**
   * Runs until the signal fires and everything has stopped. Call it once.
   * @throws LeadershipLostError if the lease was lost; the error of a runnable, if one failed.
   */
  async start(signal: AbortSignal): Promise<void> {
    const clearProcessMetrics = collectProcessMetrics(this.registry);
    const groups = new StartedGroups(this.logger);
    const stop = new LinkedAbort(signal, groups.failed);
    let leadership: Promise<void> = Promise.resolve();
    const leaderStop = new AbortController();
    try {
      await this.#startGroups(groups, stop.signal);
      leadership = this.#lead(leaderStop.signal, groups).then((result) => {
        if (result === "lost") groups.fail(new LeadershipLostError("leadership was lost"));
      });
      leadership.catch((error: unknown) => groups.fail(error));
      this.logger.info({ version: this.#options.version }, "manager started");
      await aborted(stop.signal);
    } catch (error) {
      if (!signal.aborted) groups.fail(error);
    }
    await this.#stop(groups, async () => {
      leaderStop.abort(new Error("the manager is stopping"));
      await Promise.allSettled([leadership]);
    });
    stop.unlink();
    clearProcessMetrics();
    if (groups.failed.aborted) throw groups.failed.reason;
    this.logger.info({}, "manager stopped");
  }

  /** Starts everything but the leader's group; each part waits for the one before it. */
  async #startGroups(groups: StartedGroups, stop: AbortSignal): Promise<void> {
    await this.#probes.listen();
    await groups.start(this.#groups.webhooks, stop);
    const caches: Runnable = {
      name: "caches",
      start: (signal) => this.cache.start(signal),
      ready: (signal) => this.cache.waitForSync(signal),
    };
    await groups.start([caches], stop);
    this.#cachesReady = true;
    await groups.start(this.#groups.others, stop);
  }

  /** Stops everything, within the shutdown timeout. */
  async #stop(groups: StartedGroups, endLeadership: () => Promise<void>): Promise<void> {
    this.#stopping = true;
    this.logger.info({}, "manager is stopping");
    groups.drain();
    const { shutdownTimeout = 30_000, drainDelay = 0 } = this.#options;
    const delay = groups.failed.aborted ? 2 * drainDelay : drainDelay;
    const ended = new AbortController();
    const orderly = async (): Promise<boolean> => {
      await endLeadership();
      await this.events.flush(flushTimeout);
      // after a loss of leadership too: the webhooks still receive requests
      await sleep(this.clock, delay, ended.signal);
      await groups.stop();
      return true;
    };
    const inTime = await Promise.race([orderly(), sleep(this.clock, shutdownTimeout, ended.signal).then(() => false)]);
    ended.abort();
    if (!inTime) this.logger.error({ timeout: shutdownTimeout }, "the stop exceeded its timeout and is cut short");
    await this.#probes.close();
    await this.liveClient.close();
  }

  async #lead(signal: AbortSignal, groups: StartedGroups): Promise<"stopped" | "lost"> {
    const lead = async (leading: AbortSignal): Promise<void> => {
      setMaxListeners(0, leading);
      await Promise.all(this.#groups.leader.map((runnable) => groups.run(runnable, leading)));
      // without runnables, leading still means holding the lease until the end
      await aborted(leading);
      await this.events.flush(flushTimeout);
    };
    if (this.elector !== undefined) return this.elector.run(signal, lead);
    await lead(signal);
    return "stopped";
  }

  #createProbes(access: BearerAccess): ProbeServer {
    const { probes, version, profiling = false, profilePrefix, name, secureMetrics } = this.#options;
    const { clock, logger } = this;
    return new ProbeServer({
      host: probes?.host,
      port: probes?.port ?? 8080,
      ...(secureMetrics === undefined && { registry: this.registry }),
      ...{ version, clock, logger },
      healthChecks: this.#healthChecks,
      readyChecks: this.#readyChecks,
      ...(profiling && {
        profiles: new Profiles({ access, clock, logger, filePrefix: profilePrefix ?? name }),
      }),
    });
  }
}
