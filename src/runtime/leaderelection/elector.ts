import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Client } from "../client/client.js";
import { AlreadyExists, Conflict, NotFound } from "../client/errors.js";
import { Leases } from "../client/builtin.js";
import type { Lease, Stored } from "../client/objects.js";
import { formatMicroTime, sleep, type Clock, type Random } from "../clock.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";

export interface LeaderElectionOptions {
  /** Where the Lease lies. */
  readonly namespace: string;
  readonly name: string;
  /** Unique to the process. Default `<hostname>_<uuid>`, as client-go's. */
  readonly identity?: string;
  /** Milliseconds that others wait after the last renewal they saw. Default 15,000. Whole seconds: the Lease holds no less. */
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

/**
 * Leader election on a Lease, so that one process of several writes. How old a record is is judged by when this process
 * first saw it, never by the time written in it: clocks of machines differ, and a skewed one must not make two leaders.
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
  /** The Lease was deleted under its holder: the record last seen still tells until when that may be writing. */
  #deleted = false;
  /** When the last successful renewal was *sent*: the server counts from no earlier than that. */
  #renewedAt: number | undefined;

  constructor(options: LeaderElectionOptions, dependencies: Dependencies) {
    const { leaseDuration = 15_000, renewDeadline = 10_000, retryPeriod = 2_000 } = options;
    if (!(leaseDuration > renewDeadline && renewDeadline > retryPeriod * 1.2)) {
      throw new RangeError(
        `leader election: leaseDuration (${leaseDuration}) > renewDeadline (${renewDeadline}) > 1.2 x retryPeriod (${retryPeriod}) must hold`,
      );
    }
    this.identity = options.identity ?? `${hostname()}_${randomUUID()}`;
    this.#options = { namespace: options.namespace, name: options.name, leaseDuration, renewDeadline, retryPeriod };
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    this.#logger = dependencies.logger;
    this.#metrics = dependencies.metrics;
  }

  /** True while writes are safe: the last renewal is younger than the renew deadline. */
  get isLeader(): boolean {
    return this.#renewedAt !== undefined && this.#clock.monotonic() - this.#renewedAt < this.#options.renewDeadline;
  }

  /** @throws NotLeaderError where a write could meet another leader's. */
  fence(): void {
    if (!this.isLeader) throw new NotLeaderError(`${this.identity} holds no fresh lease ${this.#options.name}`);
  }

  /**
   * Waits for leadership, calls `lead` with a signal that fires when it is lost or `signal` fires, and returns when
   * `lead` has ended and the lease is given back.
   * @returns `stopped` after `signal`, `lost` where the lease could not be renewed: the process should then exit.
   */
  async run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<"stopped" | "lost"> {
    this.#metrics?.leaderElectionMasterStatus.set({ name: this.#options.name }, 0);
    while (!(await this.#tryOnce(signal))) {
      // false: the signal fired meanwhile
      if (!(await sleep(this.#clock, this.#jittered(), signal))) return "stopped";
    }
    this.#logger.info({ lease: this.#options.name, identity: this.identity }, "became the leader");
    this.#metrics?.leaderElectionMasterStatus.set({ name: this.#options.name }, 1);
    const leading = new AbortController();
    const onStop = (): void => leading.abort(signal.reason);
    if (signal.aborted) onStop();
    else signal.addEventListener("abort", onStop, { once: true });
    // renewing goes on while the work drains: the lease must hold until the last write
    const draining = new AbortController();
    const renewing = this.#renew(draining.signal).then((outcome) => {
      if (outcome === "lost") leading.abort(new NotLeaderError("the lease could not be renewed"));
      return outcome;
    });
    try {
      await lead(leading.signal);
    } finally {
      signal.removeEventListener("abort", onStop);
      draining.abort();
    }
    const outcome = await renewing;
    this.#metrics?.leaderElectionMasterStatus.set({ name: this.#options.name }, 0);
    if (outcome === "lost") {
      this.#renewedAt = undefined;
      this.#logger.error({ lease: this.#options.name }, "leadership is lost");
      return "lost";
    }
    await this.#release();
    return "stopped";
  }

  async #renew(signal: AbortSignal): Promise<"stopped" | "lost"> {
    for (;;) {
      const left = (this.#renewedAt ?? 0) + this.#options.renewDeadline - this.#clock.monotonic();
      if (left <= 0) return "lost";
      await sleep(this.#clock, Math.min(this.#jittered(), left), signal);
      if (signal.aborted) return "stopped";
      // a process that was stopped and continued finds out here that its time is over
      if (!this.isLeader) return "lost";
      const renewed = await this.#tryOnce(signal);
      if (!renewed && this.#heldByAnother()) return "lost";
    }
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
    const { namespace, name, leaseDuration, retryPeriod } = this.#options;
    const call = { signal, timeout: Math.max(1000, retryPeriod * 2) };
    const now = formatMicroTime(this.#clock.now());
    // the holder needs no read before its write: the version it last wrote is the precondition
    let lease = !this.#deleted && this.#isOurs(this.#observed?.lease) ? this.#observed?.lease : undefined;
    lease ??= await this.#read(call);
    if (lease === undefined) {
      if (!this.#isFree(this.#observed?.lease, leaseDuration)) return false;
      try {
        this.#observe(
          await this.#client.create(Leases, { metadata: { namespace, name }, spec: this.#record(now, now, 0) }, call),
        );
        return true;
      } catch (error) {
        if (error instanceof AlreadyExists) return false;
        throw error;
      }
    }
    if (!this.#isFree(lease, leaseDuration)) return false;
    const ours = this.#isOurs(lease);
    const acquireTime = ours ? (lease.spec?.acquireTime ?? now) : now;
    const transitions = (lease.spec?.leaseTransitions ?? 0) + (ours ? 0 : 1);
    try {
      this.#observe(
        await this.#client.update(
          Leases,
          {
            metadata: { namespace, name, resourceVersion: lease.metadata.resourceVersion },
            spec: this.#record(acquireTime, now, transitions),
          },
          call,
        ),
      );
      return true;
    } catch (error) {
      if (!(error instanceof Conflict || error instanceof NotFound)) throw error;
      // another wrote it: look, so that the next step knows who
      await this.#read(call);
      return false;
    }
  }

  async #read(call: { signal: AbortSignal; timeout: number }): Promise<Stored<Lease> | undefined> {
    const { namespace, name } = this.#options;
    try {
      const lease = await this.#client.get(Leases, { namespace, name }, call);
      this.#observe(lease);
      return lease;
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      this.#deleted = true;
      return undefined;
    }
  }

  #observe(lease: Stored<Lease>): void {
    this.#deleted = false;
    if (this.#observed?.lease.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    this.#observed = { lease, at: this.#clock.monotonic() };
  }

  /** True where nobody else can be writing under this record: there is none, it is ours, given back, or run out. */
  #isFree(lease: Stored<Lease> | undefined, ownDuration: number): boolean {
    const holder = lease?.spec?.holderIdentity ?? "";
    return holder === "" || holder === this.identity || this.#hasExpired(ownDuration);
  }

  /** True where the record hasn't changed for as long as its holder (or we, the longer) says a lease lasts. */
  #hasExpired(ownDuration: number): boolean {
    if (this.#observed === undefined) return false;
    const told = (this.#observed.lease.spec?.leaseDurationSeconds ?? 0) * 1000;
    return this.#clock.monotonic() - this.#observed.at > Math.max(told, ownDuration);
  }

  #heldByAnother(): boolean {
    const holder = this.#observed?.lease.spec?.holderIdentity ?? "";
    return this.#observed !== undefined && (this.#deleted || holder !== this.identity);
  }

  #isOurs(lease: Stored<Lease> | undefined): boolean {
    return lease?.spec?.holderIdentity === this.identity;
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

  /** Gives the lease back, so that the next leader needn't wait for it to expire. */
  async #release(): Promise<void> {
    const lease = this.#observed?.lease;
    this.#renewedAt = undefined;
    if (lease === undefined || !this.#isOurs(lease)) return;
    const { namespace, name } = this.#options;
    const now = formatMicroTime(this.#clock.now());
    try {
      await this.#client.update(
        Leases,
        {
          metadata: { namespace, name, resourceVersion: lease.metadata.resourceVersion },
          spec: {
            holderIdentity: "",
            leaseDurationSeconds: 1,
            acquireTime: now,
            renewTime: now,
            leaseTransitions: lease.spec?.leaseTransitions ?? 0,
          },
        },
        { timeout: 5_000 },
      );
      this.#logger.info({ lease: name }, "gave the lease back");
    } catch (error) {
      this.#logger.warn({ err: error, lease: name }, "the lease could not be given back; it expires by itself");
    }
  }

  #jittered(): number {
    return this.#options.retryPeriod * (1 + 0.2 * this.#random());
  }
}
