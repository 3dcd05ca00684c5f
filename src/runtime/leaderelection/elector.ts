import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { CallOptions, Client } from "../client/client.js";
import { AlreadyExists, ApiError, Conflict, NotFound } from "../client/errors.js";
import { Leases } from "../client/builtin.js";
import type { Lease, ObjectMeta, Stored } from "../client/objects.js";
import { formatMicroTime, sleep, type Clock, type Random, type Timer } from "../clock.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";
import { defaultTimings, faultOfTimings, retryJitter } from "./timings.js";

export interface LeaderElectionOptions {
  /** Where the Lease lies. */
  readonly namespace: string;
  readonly name: string;
  /** Unique to the process, not to its pod. Default `<hostname>_<uuid>`, as client-go's. */
  readonly identity?: string;
  /** Milliseconds that others wait after the last renewal they saw. Default 15,000. The Lease holds whole seconds: rounded up. */
  readonly leaseDuration?: number;
  /** Milliseconds after the last renewal at which the leader stops writing. Must be below leaseDuration. Default 10,000. */
  readonly renewDeadline?: number;
  /** Milliseconds between tries. Default 2,000; a fifth more by jitter. */
  readonly retryPeriod?: number;
}

interface Dependencies {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
}

/** A write was held back because this process may no longer be the leader. */
export class NotLeaderError extends Error {
  override readonly name = "NotLeaderError";
}

/** Timers of two processes don't fire to the millisecond: a standby looks this much after the lease has run out. */
const expiryMargin = 5;
/** Milliseconds that each call of giving the lease back may take: a stop must not hang on it. */
const releaseTimeout = 5_000;
const releaseAttempts = 3;

/**
 * What an update names: with the version alone, an API server makes a Lease anew that was deleted meanwhile. The rest goes
 * with it since an update takes away what it doesn't name, such as the labels by which who installed the Lease knows it.
 */
function identityOf({ metadata }: Stored<Lease>): ObjectMeta {
  const { managedFields: _, ...kept } = metadata;
  return kept;
}

/**
 * Leader election on a Lease, so that one process of several writes. How old a record is is judged by when this process
 * first saw it, never by the time written in it: clocks of machines differ, and a skewed one must not make two leaders.
 *
 * A Lease that isn't there tells nothing: it may be new, or somebody deleted it under a leader that doesn't know yet. So
 * who creates one keeps it fresh for a renew deadline before it leads. That is once in the life of a Lease, since it is
 * given back by emptying it.
 */
export class LeaderElector {
  readonly identity: string;
  readonly #options: Required<Omit<LeaderElectionOptions, "identity">>;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #metrics: RuntimeMetrics | undefined;
  /** The record as last seen, and when on this process' own clock. */
  #observed: { readonly lease: Stored<Lease>; readonly at: number } | undefined;
  /** When the last successful renewal was *sent*: the server counts from no earlier than that. */
  #renewedAt: number | undefined;
  /**
   * Until when, on this process' own clock, a former holder of a Lease that this process created could be writing.
   * Infinite where it isn't known whether it did.
   */
  #othersUntil = Number.NEGATIVE_INFINITY;
  /** From becoming the leader on; fires when that is lost or over. */
  #tenure: AbortController | undefined;
  #deadline: Timer | undefined;
  /** Whether this process has ever asked for the Lease: a record with its identity that it hasn't is a namesake's. */
  #hasAsked = false;
  /** A write of the Lease was sent and its outcome isn't known: it may be held by this process without its knowing. */
  #uncertain = false;

  constructor(options: LeaderElectionOptions, dependencies: Dependencies) {
    const {
      leaseDuration = defaultTimings.leaseDuration,
      renewDeadline = defaultTimings.renewDeadline,
      retryPeriod = defaultTimings.retryPeriod,
    } = options;
    const fault = faultOfTimings({ leaseDuration, renewDeadline, retryPeriod });
    if (fault !== undefined) throw new RangeError(`leader election: ${fault}`);
    this.identity = options.identity ?? `${hostname()}_${randomUUID()}`;
    this.#options = { namespace: options.namespace, name: options.name, leaseDuration, renewDeadline, retryPeriod };
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    this.#logger = dependencies.logger;
    this.#metrics = dependencies.metrics;
  }

  /** True while writes are safe: this process leads, and the last renewal is younger than the renew deadline. */
  get isLeader(): boolean {
    return this.#tenure?.signal.aborted === false && this.#isFresh();
  }

  /**
   * To be called right before a write.
   * @returns a signal that fires when writes that aren't answered by then should be given up.
   * @throws NotLeaderError where a write could meet another leader's.
   */
  fence(): AbortSignal {
    if (this.#tenure === undefined || !this.isLeader) {
      throw new NotLeaderError(`${this.identity} holds no fresh lease ${this.#options.name}`);
    }
    return this.#tenure.signal;
  }

  /**
   * Waits for leadership, calls `lead` with a signal that fires when it is lost or `signal` fires, and returns when
   * `lead` has ended and the lease is given back. It rejects with what `lead` threw, unless leadership was lost.
   * @returns `stopped` after `signal`, `lost` where the lease could not be renewed: the process should then exit.
   */
  async run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<"stopped" | "lost"> {
    this.#metrics?.leaderElectionMasterStatus.set({ name: this.#options.name }, 0);
    if (!(await this.#acquire(signal))) {
      await this.#release();
      return "stopped";
    }
    const tenure = new AbortController();
    this.#tenure = tenure;
    this.#extend();
    this.#logger.info({ lease: this.#options.name, identity: this.identity }, "became the leader");
    this.#metrics?.leaderElectionMasterStatus.set({ name: this.#options.name }, 1);
    const leading = new AbortController();
    const onStop = (): void => leading.abort(signal.reason);
    if (signal.aborted) onStop();
    else signal.addEventListener("abort", onStop, { once: true });
    // fires at once, whatever time a renewal that is under way, or the work, takes to end: another may lead already
    tenure.signal.addEventListener("abort", () => leading.abort(tenure.signal.reason), { once: true });
    // renewing goes on while the work drains: the lease must hold until the last write
    const draining = new AbortController();
    const renewing = this.#renew(draining.signal, tenure.signal).then((outcome) => {
      if (outcome === "lost") tenure.abort(new NotLeaderError("the lease could not be renewed"));
      return outcome;
    });
    const work = (async () => lead(leading.signal))();
    await Promise.allSettled([work]);
    signal.removeEventListener("abort", onStop);
    draining.abort();
    const outcome = await renewing;
    this.#deadline?.cancel();
    // work that nobody waited for
    tenure.abort(new NotLeaderError("leadership has ended"));
    this.#metrics?.leaderElectionMasterStatus.set({ name: this.#options.name }, 0);
    if (outcome === "lost") {
      this.#renewedAt = undefined;
      this.#logger.error({ lease: this.#options.name }, "leadership is lost");
      return "lost";
    }
    await this.#release();
    await work;
    return "stopped";
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

  /** Resolves when this process holds the lease and nobody else can be writing any more; false where the signal fired. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const held = await this.#tryOnce(signal);
      if (signal.aborted) return false;
      const now = this.#clock.monotonic();
      if (held && now >= this.#othersUntil) return true;
      const until = held ? this.#othersUntil : this.#expiry();
      // not a retry period after the lease has run out, but just then
      const wait = Math.min(this.#jittered(), until > now ? until - now + expiryMargin : Number.POSITIVE_INFINITY);
      if (!(await sleep(this.#clock, wait, signal))) return false;
    }
  }

  async #renew(signal: AbortSignal, tenure: AbortSignal): Promise<"stopped" | "lost"> {
    const ended = AbortSignal.any([signal, tenure]);
    while (await sleep(this.#clock, this.#jittered(), ended)) {
      // a process that was stopped and continued finds out here that its time is over
      if (!this.#isFresh()) return "lost";
      if (await this.#tryOnce(ended)) this.#extend();
      else if (!ended.aborted && this.#isGone()) return "lost";
    }
    return tenure.aborted ? "lost" : "stopped";
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
      this.#logger.warn({ err: error, lease: this.#options.name }, "the lease could not be taken or renewed");
      return false;
    }
  }

  async #acquireOrRenew(signal: AbortSignal): Promise<boolean> {
    const { namespace, name, retryPeriod, renewDeadline } = this.#options;
    const call = { signal, timeout: Math.max(1000, retryPeriod * 2) };
    const now = formatMicroTime(this.#clock.now());
    // the holder needs no read before its write: the version it last wrote is the precondition
    let lease = this.#isOurs(this.#observed?.lease) && !this.#uncertain ? this.#observed?.lease : undefined;
    lease ??= await this.#read(call);
    if (lease === undefined) {
      // its leader doesn't make a deleted Lease anew: another may have, and be gone again
      if (this.#tenure !== undefined) return false;
      try {
        const created = await this.#write(() =>
          this.#client.create(Leases, { metadata: { namespace, name }, spec: this.#record(now, now, 0) }, call),
        );
        this.#othersUntil = this.#clock.monotonic() + renewDeadline;
        this.#logger.info({ lease: name, milliseconds: renewDeadline }, "made the lease, and wait before leading");
        this.#observe(created);
        return true;
      } catch (error) {
        if (error instanceof AlreadyExists) return false;
        this.#othersUntil = Number.POSITIVE_INFINITY;
        throw error;
      }
    }
    if (!this.#isFree(lease)) return false;
    const ours = this.#isOurs(lease);
    if (!ours) this.#othersUntil = Number.NEGATIVE_INFINITY;
    else if (this.#othersUntil === Number.POSITIVE_INFINITY)
      this.#othersUntil = this.#clock.monotonic() + renewDeadline;
    const acquireTime = ours ? (lease.spec?.acquireTime ?? now) : now;
    const transitions = (lease.spec?.leaseTransitions ?? 0) + (ours ? 0 : 1);
    const spec = { ...lease.spec, ...this.#record(acquireTime, now, transitions) };
    try {
      this.#observe(await this.#write(() => this.#client.update(Leases, { metadata: identityOf(lease), spec }, call)));
      return true;
    } catch (error) {
      if (!(error instanceof Conflict || error instanceof NotFound)) throw error;
      // another wrote it: look, so that the next step knows who
      await this.#read(call);
      return false;
    }
  }

  /** A write of the Lease; where its outcome stays unknown, that is remembered. */
  async #write(write: () => Promise<Stored<Lease>>): Promise<Stored<Lease>> {
    this.#hasAsked = true;
    this.#uncertain = true;
    try {
      const lease = await write();
      this.#uncertain = false;
      return lease;
    } catch (error) {
      // an answer other than success says that nothing was written; but a 5xx or a broken connection says nothing
      if (error instanceof ApiError && error.code < 500) this.#uncertain = false;
      throw error;
    }
  }

  async #read(call: CallOptions): Promise<Stored<Lease> | undefined> {
    const { namespace, name } = this.#options;
    try {
      const lease = await this.#client.get(Leases, { namespace, name }, call);
      this.#observe(lease);
      this.#uncertain = false;
      return lease;
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      this.#observed = undefined;
      this.#uncertain = false;
      return undefined;
    }
  }

  #observe(lease: Stored<Lease>): void {
    if (this.#observed?.lease.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    this.#observed = { lease, at: this.#clock.monotonic() };
  }

  /** True where nobody else can be writing under this record: it is ours, given back, or run out. */
  #isFree(lease: Stored<Lease>): boolean {
    const holder = lease.spec?.holderIdentity ?? "";
    return holder === "" || this.#isOurs(lease) || this.#clock.monotonic() > this.#expiry();
  }

  /** When the record will not have changed for as long as its holder, or we, the longer, says that a lease lasts. */
  #expiry(): number {
    if (this.#observed === undefined) return Number.POSITIVE_INFINITY;
    const told = (this.#observed.lease.spec?.leaseDurationSeconds ?? 0) * 1000;
    return this.#observed.at + Math.max(told, this.#options.leaseDuration);
  }

  /** True where the Lease was last seen deleted, or in another's hands. */
  #isGone(): boolean {
    return this.#observed === undefined || !this.#isOurs(this.#observed.lease);
  }

  #isOurs(lease: Stored<Lease> | undefined): boolean {
    return this.#hasAsked && lease?.spec?.holderIdentity === this.identity;
  }

  #record(acquireTime: string, renewTime: string, leaseTransitions: number): NonNullable<Lease["spec"]> {
    return {
      holderIdentity: this.identity,
      leaseDurationSeconds: Math.ceil(this.#options.leaseDuration / 1000),
      acquireTime,
      renewTime,
      leaseTransitions,
    };
  }

  /** Gives the lease back where this process holds it, so that the next leader needn't wait for it to expire. */
  async #release(): Promise<void> {
    this.#renewedAt = undefined;
    const { name } = this.#options;
    const call = { timeout: releaseTimeout };
    // who finds it given back leads at once, which is too early: see #othersUntil
    if (this.#clock.monotonic() < this.#othersUntil) return;
    try {
      for (let attempt = 0; attempt < releaseAttempts; attempt++) {
        // a renewal that was cut short may have been carried out: only the server knows
        const lease = this.#uncertain || attempt > 0 ? await this.#read(call) : this.#observed?.lease;
        if (lease === undefined || !this.#isOurs(lease)) return;
        const now = formatMicroTime(this.#clock.now());
        try {
          await this.#client.update(
            Leases,
            {
              metadata: identityOf(lease),
              spec: {
                ...lease.spec,
                holderIdentity: "",
                leaseDurationSeconds: 1,
                acquireTime: now,
                renewTime: now,
              },
            },
            call,
          );
          this.#logger.info({ lease: name }, "gave the lease back");
          return;
        } catch (error) {
          if (!(error instanceof Conflict)) throw error;
        }
      }
    } catch (error) {
      this.#logger.warn({ err: error, lease: name }, "the lease could not be given back; it expires by itself");
    }
  }

  #jittered(): number {
    return this.#options.retryPeriod * (1 + retryJitter * this.#random());
  }
}
