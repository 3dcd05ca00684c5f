import type { CallOptions, Client } from "../client/client.js";
import { ApiError, Conflict, NotFound } from "../client/errors.js";
import { Leases } from "../client/builtin.js";
import type { Lease, ObjectMeta, Stored } from "../client/objects.js";
import { formatMicroTime, type Clock } from "../clock.js";

type LeaseSpec = NonNullable<Lease["spec"]>;

interface LeaseLockOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly namespace: string;
  readonly name: string;
  /** The `holderIdentity` of this process. */
  readonly identity: string;
  /** Milliseconds. */
  readonly leaseDuration: number;
}

/** Milliseconds that each call of a release may take: a stop must not hang on it. */
const releaseTimeout = 5_000;
const releaseAttempts = 3;

/**
 * One Lease, as this process last saw it, and what it may do with it.
 *
 * The age of a record is measured from when this process first saw it, never by the time written in it: clocks of
 * machines differ, and a skewed one must not make two leaders.
 */
export class LeaseLock {
  readonly #options: LeaseLockOptions;
  /** The record as last seen, and when on this process' own clock. */
  #observed: { readonly lease: Stored<Lease>; readonly at: number } | undefined;
  /** Whether this process ever wrote the Lease: a record with its identity that it did not write is a namesake's. */
  #hasWritten = false;
  /** The outcome of a write is unknown: this process may hold the Lease without knowing it. */
  #uncertain = false;

  constructor(options: LeaseLockOptions) {
    this.#options = options;
  }

  /** This process' own record, if it certainly is the current one: its version can be the next write's precondition. */
  get ownRecord(): Stored<Lease> | undefined {
    const lease = this.#observed?.lease;
    return this.isOwn(lease) && !this.#uncertain ? lease : undefined;
  }

  /** True if the Lease was last seen deleted, or held by another process. */
  get isLost(): boolean {
    return !this.isOwn(this.#observed?.lease);
  }

  /** The Lease as it now is; undefined if it does not exist. */
  async read(call: CallOptions): Promise<Stored<Lease> | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      const lease = await client.get(Leases, { namespace, name }, call);
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

  /**
   * Creates the Lease with this process as its holder.
   * @throws AlreadyExists if another process was quicker.
   */
  async create(call: CallOptions): Promise<void> {
    const { client, clock, namespace, name } = this.#options;
    const now = formatMicroTime(clock.now());
    const lease = { metadata: { namespace, name }, spec: this.#record(now, now, 0) };
    this.#observe(await this.#write(() => client.create(Leases, lease, call)));
  }

  /**
   * Takes or renews a Lease that is free.
   * @throws Conflict or NotFound if another process wrote or deleted it.
   */
  async hold(lease: Stored<Lease>, call: CallOptions): Promise<void> {
    const { client, clock } = this.#options;
    const now = formatMicroTime(clock.now());
    const own = this.isOwn(lease);
    const acquireTime = own ? (lease.spec?.acquireTime ?? now) : now;
    const transitions = (lease.spec?.leaseTransitions ?? 0) + (own ? 0 : 1);
    const spec = { ...lease.spec, ...this.#record(acquireTime, now, transitions) };
    this.#observe(await this.#write(() => client.update(Leases, { metadata: metadataOf(lease), spec }, call)));
  }

  /**
   * Empties the Lease if this process holds it, so that the next leader need not wait for it to expire.
   * @returns false if this process does not hold it.
   */
  async release(): Promise<boolean> {
    const { client, clock } = this.#options;
    const call = { timeout: releaseTimeout };
    for (let attempt = 0; attempt < releaseAttempts; attempt++) {
      // a renewal that was cut short may have been executed: only the server knows
      const lease = this.#uncertain || attempt > 0 ? await this.read(call) : this.#observed?.lease;
      if (lease === undefined || !this.isOwn(lease)) return false;
      const now = formatMicroTime(clock.now());
      const empty = { holderIdentity: "", leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
      try {
        await client.update(Leases, { metadata: metadataOf(lease), spec: { ...lease.spec, ...empty } }, call);
        return true;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
    return false;
  }

  /** True if no other process can be writing under this record: it is this process' own, released, or expired. */
  isFree(lease: Stored<Lease>): boolean {
    const holder = lease.spec?.holderIdentity ?? "";
    return holder === "" || this.isOwn(lease) || this.#options.clock.monotonic() > this.expiry();
  }

  /**
   * When the last seen record expires, on this process' own clock: after the longer of the holder's lease duration and
   * this process' own. Infinity if none was seen.
   */
  expiry(): number {
    if (this.#observed === undefined) return Number.POSITIVE_INFINITY;
    const holders = (this.#observed.lease.spec?.leaseDurationSeconds ?? 0) * 1000;
    return this.#observed.at + Math.max(holders, this.#options.leaseDuration);
  }

  /** True if this process wrote the record and is its holder. */
  isOwn(lease: Stored<Lease> | undefined): boolean {
    return this.#hasWritten && lease?.spec?.holderIdentity === this.#options.identity;
  }

  #observe(lease: Stored<Lease>): void {
    if (this.#observed?.lease.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    this.#observed = { lease, at: this.#options.clock.monotonic() };
  }

  /** Executes a write and remembers if its outcome is unknown. */
  async #write(write: () => Promise<Stored<Lease>>): Promise<Stored<Lease>> {
    this.#hasWritten = true;
    this.#uncertain = true;
    try {
      const lease = await write();
      this.#uncertain = false;
      return lease;
    } catch (error) {
      // a 4xx means that nothing was written; a 5xx or a broken connection means nothing either way
      if (error instanceof ApiError && error.code < 500) this.#uncertain = false;
      throw error;
    }
  }

  #record(acquireTime: string, renewTime: string, leaseTransitions: number): LeaseSpec {
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.ceil(this.#options.leaseDuration / 1000),
      acquireTime,
      renewTime,
      leaseTransitions,
    };
  }
}

/**
 * The metadata of an update. It needs the UID: with the version alone, an API server recreates a Lease that was deleted
 * meanwhile. It needs the rest because an update removes what it does not name, such as the labels of the installer.
 */
function metadataOf({ metadata }: Stored<Lease>): ObjectMeta {
  const { managedFields: _, ...kept } = metadata;
  return kept;
}
