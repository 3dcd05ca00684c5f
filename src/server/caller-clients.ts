/** Clients that call the API server with the credentials of a request's caller, and with nothing else. */
import type { Dispatcher } from "undici";
import type { Connection, ServerAccess } from "../runtime/client/access.js";
import { createPools } from "../runtime/client/connections.js";
import { HttpClient } from "../runtime/client/http.js";
import { Http2Streams } from "../runtime/client/http2-streams.js";
import type { StreamTransport } from "../runtime/client/stream-transport.js";
import type { RequestObserver } from "../runtime/client/unary-calls.js";
import { systemClock } from "../runtime/clock.js";

export interface CallerClientsOptions {
  /** The current address and authorities of the API server; the same object until something changes. */
  readonly connection: () => Promise<Connection>;
  readonly observer?: RequestObserver;
  /** Connections for calls that are not streams. Default 64. */
  readonly connections?: number;
}

interface Pools {
  readonly connection: Connection;
  readonly unary: Dispatcher;
  readonly streams: StreamTransport;
}

/**
 * Makes a client for each request. They share connections, which carry no credentials of their own: a client certificate in the
 * connection is refused.
 */
export class CallerClients {
  readonly #options: CallerClientsOptions;
  #pools: Pools | undefined;

  constructor(options: CallerClientsOptions) {
    this.#options = options;
  }

  /**
   * A client with a caller's token. Do not close it: others use its connections.
   *
   * @param onWarning takes the API server's warnings
   */
  of(token: string, onWarning?: (text: string) => void): HttpClient {
    const { connection, observer } = this.#options;
    const headers = { authorization: `Bearer ${token}` };
    const access: ServerAccess = {
      namespace: "default",
      connection,
      headers: () => Promise.resolve(headers),
    };
    return new HttpClient({
      ...{ access, fieldManager: "orchestrator-server" },
      ...(observer && { observer }),
      createDispatcher: (current) => this.#shared(current).unary,
      createStreams: (current) => this.#shared(current).streams,
      ...(onWarning && { onWarning }),
    });
  }

  /** Closes all connections; calls in progress fail. */
  async close(): Promise<void> {
    const pools = this.#pools;
    this.#pools = undefined;
    if (pools !== undefined) await Promise.allSettled([pools.unary.destroy(), pools.streams.destroy()]);
  }

  #shared(connection: Connection): Pools {
    const previous = this.#pools;
    if (previous?.connection === connection) return previous;
    if (connection.tls.cert !== undefined || connection.tls.key !== undefined)
      throw new Error("a connection for callers has a client certificate");
    const unary = createPools(this.#options.connections ?? 64)(connection, "unary");
    this.#pools = { connection, unary, streams: new Http2Streams(connection, systemClock) };
    // calls and streams in progress end on the connections they began on
    if (previous !== undefined) void Promise.allSettled([previous.unary.close(), previous.streams.close()]);
    return this.#pools;
  }
}
