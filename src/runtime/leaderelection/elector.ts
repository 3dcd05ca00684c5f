import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { LinkedAbort } from "../abort.js";
import type { Client } from "../client/client.js";
import { AlreadyExists, Conflict, NotFound } from "../client/errors.js";
import { sleep, type Clock, type Random, type Timer } from "../clock.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";
import { LeaseLock } from "./lease-lock.js";
import { defaultTimings, retryJitter, timingsProblem } from "./timings.js";

/** Which Lease the processes compete for, and at what times. */
export interface LeaderElectionOptions {
  /** Namespace of the Lease. */
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  /** Unique to the process, not to its pod. Default `<hostname>_<uuid>`, as client-go's. */
  readonly identity?: string;
  /**
   * Milliseconds that other processes wait after the last renewal they saw. The Lease holds whole seconds: it is rounded
   * up. Default 15,000.
   */
  readonly leaseDuration?: number;
  /**
   * Milliseconds after its last renewal at which a leader stops writing; must be less than `leaseDuration`, or two
   * leaders can write at once. Default 10,000.
   */
  readonly renewDeadline?: number;
  /** Milliseconds between attempts to acquire or renew the Lease, plus up to a fifth of jitter. Default 2,000. */
  readonly retryPeriod?: number;
}

interface Dependencies {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
}

/** A write was not sent because this process may no longer be the leader. */
export class NotLeaderError extends Error {
  override readonly name = "NotLeaderError";
}

/** Timers of two processes do not fire at the same millisecond: a standby retries this long after the lease expired. */
const expiryMargin = 5;

/**
 * Leader election on a Lease, so that one process of several writes.
 *
 * A missing Lease proves nothing: it may be new, or it was deleted under a leader that does not know yet. So a process
 * that creates the Lease renews it for one renew deadline before it leads. That happens once in the life of a Lease, since
 * a release empties it instead of deleting it.
 */
export class LeaderElector {
  readonly identity: string;
  readonly #options: Required<Omit<LeaderElectionOptions, "identity">>;
  readonly #lock: LeaseLock;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #metrics: RuntimeMetrics | undefined;
  /** When the last successful renewal was *sent*: the server counts from no earlier than that. */
  #renewedAt: number | undefined;
  /**
   * Until when, on this process' own clock, a former holder of a Lease that this process created could be writing.
   * Infinity while it is unknown whether this process created it.
   */
  #othersUntil = Number.NEGATIVE_INFINITY;
  /** Exists once this process leads; fires when leadership is lost or over. */
  #tenure: AbortController | undefined;
  #deadline: Timer | undefined;

  /** @throws RangeError if the timings could make two processes lead, with what to change. */
  constructor(options: LeaderElectionOptions, dependencies: Dependencies) {
    const {
      namespace,
      name,
      leaseDuration = defaultTimings.leaseDuration,
      renewDeadline = defaultTimings.renewDeadline,
      retryPeriod = defaultTimings.retryPeriod,
    } = options;
    const problem = timingsProblem({ leaseDuration, renewDeadline, retryPeriod });
    if (problem !== undefined) throw new RangeError(`leader election: ${problem}`);
    this.identity = options.identity ?? `${hostname()}_${randomUUID()}`;
    this.#options = { namespace, name, leaseDuration, renewDeadline, retryPeriod };
    const { client, clock } = dependencies;
    this.#lock = new LeaseLock({ client, clock, namespace, name, identity: this.identity, leaseDuration });
    this.#clock = clock;
    this.#random = dependencies.random;
    this.#logger = dependencies.logger;
    this.#metrics = dependencies.metrics;
  }

  /** True while writes are safe: this process leads, and the last renewal is younger than the renew deadline. */
  get isLeader(): boolean {
    return this.#tenure?.signal.aborted === false && this.#isFresh();
  }

  /**
   * Call it right before a write.
   * @returns a signal that fires when writes in progress must be given up.
   * @throws NotLeaderError if another process may be leading.
   */
  fence(): AbortSignal {
    if (this.#tenure === undefined || !this.isLeader) {
      throw new NotLeaderError(`${this.identity} holds no fresh lease ${this.#options.name}`);
    }
    return this.#tenure.signal;
  }

  /**
   * Waits for leadership and calls `lead` with a signal that fires when leadership is lost or `signal` fires. Returns when
   * `lead` has ended and the lease is released. Rejects with the error of `lead`, unless leadership was lost.
   *
   * @returns `stopped` after `signal`; `lost` if the lease could not be renewed: the process should then exit.
   */
  async run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<"stopped" | "lost"> {
    this.#setStatus(0);
    if (!(await this.#acquire(signal))) {
      await this.#release();
      return "stopped";
    }
    const tenure = new AbortController();
    this.#tenure = tenure;
    this.#extend();
    this.#logger.info({ lease: this.#options.name, identity: this.identity }, "became the leader");
    this.#setStatus(1);
    // fires at once, whatever time the work or a renewal in progress takes to end: another process may lead already
    const leading = new LinkedAbort(signal, tenure.signal);
    // renewal continues while the work drains: the lease must hold until the last write
    const draining = new AbortController();
    const renewing = this.#renew(draining.signal, tenure.signal).then((outcome) => {
      if (outcome === "lost") tenure.abort(new NotLeaderError("the lease could not be renewed"));
      return outcome;
    });
    const work = (async () => lead(leading.signal))();
    await Promise.allSettled([work]);
    draining.abort();
    const outcome = await renewing;
    this.#deadline?.cancel();
    // ends work that `lead` started and did not wait for
    tenure.abort(new NotLeaderError("leadership has ended"));
    leading.unlink();
    this.#setStatus(0);
    if (outcome === "lost") {
      this.#renewedAt = undefined;
      this.#logger.error({ lease: this.#options.name }, "lost leadership");
      return "lost";
    }
    await this.#release();
    await work;
    return "stopped";
  }

  #setStatus(status: 0 | 1): void {
    this.#metrics?.leaderElectionMasterStatus.set({ name: this.#options.name }, status);
  }

  /** Sets the time at which the tenure ends unless the lease is renewed again. */
  #extend(): void {
    this.#deadline?.cancel();
    const { renewDeadline } = this.#options;
    const left = (this.#renewedAt ?? 0) + renewDeadline - this.#clock.monotonic();
    this.#deadline = this.#clock.after(left, () =>
      this.#tenure?.abort(new NotLeaderError(`the lease was not renewed for ${renewDeadline} ms`)),
    );
  }

  /** Resolves when this process holds the lease and no other can still be writing; false if the signal fired first. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const held = await this.#tryOnce(signal);
      if (signal.aborted) return false;
      const now = this.#clock.monotonic();
      if (held && now >= this.#othersUntil) return true;
      const until = held ? this.#othersUntil : this.#lock.expiry();
      // retry just after the lease expires, rather than a whole retry period later
      const wait = Math.min(this.#jittered(), until > now ? until - now + expiryMargin : Number.POSITIVE_INFINITY);
      if (!(await sleep(this.#clock, wait, signal))) return false;
    }
  }

  async #renew(signal: AbortSignal, tenure: AbortSignal): Promise<"stopped" | "lost"> {
    const ended = new LinkedAbort(signal, tenure);
    try {
      while (await sleep(this.#clock, this.#jittered(), ended.signal)) {
        // a process that was suspended and resumed finds out here that its time is over
        if (!this.#isFresh()) return "lost";
        if (await this.#tryOnce(ended.signal)) this.#extend();
        else if (!ended.signal.aborted && this.#lock.isLost) return "lost";
      }
      return tenure.aborted ? "lost" : "stopped";
    } finally {
      ended.unlink();
    }
  }

  #isFresh(): boolean {
    return this.#renewedAt !== undefined && this.#clock.monotonic() - this.#renewedAt < this.#options.renewDeadline;
  }

  /** Takes or renews the lease if it may; true if this process now holds it. */
  async #tryOnce(signal: AbortSignal): Promise<boolean> {
    const sentAt = this.#clock.monotonic();
    try {
      if (!(await this.#acquireOrRenew(signal))) return false;
      this.#renewedAt = sentAt;
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      this.#metrics?.leaderElectionSlowpathTotal.inc({ name: this.#options.name });
      this.#logger.warn({ err: error, lease: this.#options.name }, "cannot acquire or renew the lease");
      return false;
    }
  }

  async #acquireOrRenew(signal: AbortSignal): Promise<boolean> {
    const { retryPeriod, renewDeadline } = this.#options;
    const call = { signal, timeout: Math.max(1000, retryPeriod * 2) };
    // the holder need not read before it writes: the version it last wrote is the precondition
    const lease = this.#lock.ownRecord ?? (await this.#lock.read(call));
    if (lease === undefined) return this.#create(call);
    if (!this.#lock.isFree(lease)) return false;
    if (!this.#lock.isOwn(lease)) this.#othersUntil = Number.NEGATIVE_INFINITY;
    else if (this.#othersUntil === Number.POSITIVE_INFINITY) {
      this.#othersUntil = this.#clock.monotonic() + renewDeadline;
    }
    try {
      await this.#lock.hold(lease, call);
      return true;
    } catch (error) {
      if (!(error instanceof Conflict || error instanceof NotFound)) throw error;
      // another process wrote it: read it, so that the next step knows which
      await this.#lock.read(call);
      return false;
    }
  }

  async #create(call: { readonly signal: AbortSignal; readonly timeout: number }): Promise<boolean> {
    const { name, renewDeadline } = this.#options;
    // a leader does not recreate a deleted Lease: another process may have done so, and have stopped since
    if (this.#tenure !== undefined) return false;
    try {
      await this.#lock.create(call);
    } catch (error) {
      if (error instanceof AlreadyExists) return false;
      this.#othersUntil = Number.POSITIVE_INFINITY;
      throw error;
    }
    this.#othersUntil = this.#clock.monotonic() + renewDeadline;
    this.#logger.info({ lease: name, milliseconds: renewDeadline }, "created the lease; waiting before leading");
    return true;
  }

  /** Releases the lease if this process holds it. Never rejects. */
  async #release(): Promise<void> {
    this.#renewedAt = undefined;
    const { name } = this.#options;
    // the next holder of a released lease leads at once, which is too early while a former one may write
    if (this.#clock.monotonic() < this.#othersUntil) return;
    try {
      if (await this.#lock.release()) this.#logger.info({ lease: name }, "released the lease");
    } catch (error) {
      this.#logger.warn({ err: error, lease: name }, "cannot release the lease; it will expire");
    }
  }

  #jittered(): number {
    return this.#options.retryPeriod * (1 + retryJitter * this.#random());
  }
}
