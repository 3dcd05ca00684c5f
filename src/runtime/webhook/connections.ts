import { isIPv6 } from "node:net";
import type { Clock, Timer } from "../clock.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";

/** The part of a socket that is used. */
export interface Connection {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  once(event: "close", listener: () => void): unknown;
  destroy(): unknown;
}

/** What bounds the connections of a server. */
export interface ConnectionsOptions {
  /** Connections at the same time. */
  readonly total: number;
  /** Connections at the same time from one address; of IPv6, from one /64 network. */
  readonly perSource: number;
  /** Milliseconds from its start within which a connection must have sent a valid review; it is closed then. */
  readonly strangerTimeout: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
  /** What the connections are for, in the log. Default `webhook`. */
  readonly purpose?: string;
}

/** Why a connection is closed, as the metric's label. */
type Reason = "total" | "source" | "silent" | "certificate";

interface Tracked {
  readonly connection: Connection;
  readonly source: Source;
  /** Address and port, by which a request finds its connection. */
  readonly end: string;
  deadline?: Timer;
  isCounted: boolean;
}

interface Source {
  readonly name: string;
  open: number;
  /** Connections that have sent no valid review yet, the oldest first. */
  readonly strangers: Set<Tracked>;
}

/** Milliseconds between two messages in the log: whoever floods the port must not flood the log. */
const logInterval = 10_000;

/**
 * Bounds the connections of a server, in total and by source. A connection that has sent a valid review is known; others are
 * strangers. Where a bound is reached, the oldest stranger gives way to a new connection, in total that of the source with most of them: so whoever
 * opens connections and says nothing keeps no API server out, not even one behind the same address. A known connection
 * is never closed for another.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #sources = new Map<string, Source>();
  readonly #strangers = new Map<string, Tracked>();
  #open = 0;
  #loggedAt = -Infinity;
  #silenced = 0;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    // create the series, so that a rate over them starts with the first connection
    for (const reason of Object.keys(explanations)) options.metrics?.webhookConnectionsClosedTotal.inc({ reason }, 0);
  }

  /** Counts a new connection, or closes it. */
  accept(connection: Connection): void {
    const { total, perSource, strangerTimeout, clock, metrics } = this.#options;
    const name = sourceOf(connection.remoteAddress);
    const source = this.#sources.get(name) ?? { name, open: 0, strangers: new Set<Tracked>() };
    if (source.open >= perSource && !this.#giveWay(source, "source")) {
      this.#close(connection, name, "source");
      return;
    }
    if (this.#open >= total && !this.#giveWay(this.#strangest(), "total")) {
      this.#close(connection, name, "total");
      return;
    }
    const tracked: Tracked = { connection, source, end: endOf(connection), isCounted: true };
    tracked.deadline = clock.after(strangerTimeout, () => this.#drop(tracked, "silent"));
    this.#sources.set(name, source);
    source.open++;
    this.#open++;
    source.strangers.add(tracked);
    this.#strangers.set(tracked.end, tracked);
    metrics?.webhookConnections.set(this.#open);
    connection.once("close", () => this.#release(tracked));
  }

  /** The connection with that remote end has sent a valid review. */
  known(connection: Pick<Connection, "remoteAddress" | "remotePort">): void {
    const tracked = this.#strangers.get(endOf(connection));
    if (tracked !== undefined) this.#noStranger(tracked);
  }

  /** Closes a connection whose client certificate is not accepted. */
  refuse(connection: Connection): void {
    this.#close(connection, sourceOf(connection.remoteAddress), "certificate");
  }

  #noStranger(tracked: Tracked): void {
    tracked.deadline?.cancel();
    tracked.source.strangers.delete(tracked);
    if (this.#strangers.get(tracked.end) === tracked) this.#strangers.delete(tracked.end);
  }

  /** No longer counts a connection: when it has closed, or at once if it gives way to another. */
  #release(tracked: Tracked): void {
    if (!tracked.isCounted) return;
    tracked.isCounted = false;
    this.#noStranger(tracked);
    tracked.source.open--;
    this.#open--;
    this.#options.metrics?.webhookConnections.set(this.#open);
    if (tracked.source.open === 0) this.#sources.delete(tracked.source.name);
  }

  /** Closes the oldest stranger of a source. False if it has none. */
  #giveWay(source: Source | undefined, reason: Reason): boolean {
    const [oldest] = source?.strangers ?? [];
    if (oldest === undefined) return false;
    this.#drop(oldest, reason);
    return true;
  }

  #drop(tracked: Tracked, reason: Reason): void {
    this.#release(tracked);
    this.#close(tracked.connection, tracked.source.name, reason);
  }

  #strangest(): Source | undefined {
    let most: Source | undefined;
    for (const source of this.#sources.values()) if (source.strangers.size > (most?.strangers.size ?? 0)) most = source;
    return most;
  }

  #close(connection: Connection, source: string, reason: Reason): void {
    const { clock, logger, metrics, purpose = "webhook" } = this.#options;
    connection.destroy();
    metrics?.webhookConnectionsClosedTotal.inc({ reason });
    const now = clock.monotonic();
    if (now - this.#loggedAt < logInterval) {
      this.#silenced++;
      return;
    }
    logger.warn(
      { source, open: this.#open, others: this.#silenced },
      `closed a ${purpose} connection: ${explanations[reason]}`,
    );
    this.#loggedAt = now;
    this.#silenced = 0;
  }
}

const explanations: Readonly<Record<Reason, string>> = {
  total: "too many are open",
  source: "too many are open from its address",
  silent: "it sent no valid request in time",
  certificate: "its client certificate is missing or does not name an allowed client",
};

function endOf({ remoteAddress = "", remotePort = 0 }: Pick<Connection, "remoteAddress" | "remotePort">): string {
  return `${remoteAddress} ${remotePort}`;
}

/** The address that counts: of IPv6 the /64 network, all of whose addresses one host may have. */
export function sourceOf(address = ""): string {
  if (address.startsWith("::ffff:")) return address.slice("::ffff:".length);
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.replace(/%.*$/, "").split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const all =
    tail === undefined ? groups : [...groups, ...Array<string>(8 - groups.length - rest.length).fill("0"), ...rest];
  return `${all.slice(0, 4).join(":")}::/64`;
}
