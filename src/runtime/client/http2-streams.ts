import { unlessAborted } from "../abort.js";
import type { Clock } from "../clock.js";
import type { Connection } from "./access.js";
import { connectionPool } from "./connections.js";
import { Http2Connection, NoHttp2, Refused } from "./http2-connection.js";
import {
  dispatcherStreams,
  type StreamedResponse,
  type StreamRequest,
  type StreamTransport,
} from "./stream-transport.js";

/** Times that the server may refuse to process a request before its reader hears of it. */
const maxRefusals = 4;

/**
 * Streams that share HTTP/2 connections, up to 100 each: a connection of its own for each costs about 80 kB. Through a proxy, and to
 * a server without TLS or HTTP/2, each stream has its own.
 *
 * Requests of different callers may share a connection: it carries no credentials, each request does. Do not use it with a
 * client certificate for more than one caller.
 */
export class Http2Streams implements StreamTransport {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #connections = new Set<Http2Connection>();
  #connecting: Promise<void> | undefined;
  /** Where streams go that cannot share connections. */
  #single: StreamTransport | undefined;
  #isClosed = false;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    if (!connection.server.startsWith("https:") || connection.proxy !== undefined) this.#useSingle();
  }

  async open(request: StreamRequest): Promise<StreamedResponse> {
    for (let refusals = 0; ;) {
      request.signal.throwIfAborted();
      if (this.#isClosed) throw new Error("the client is closed");
      if (this.#single !== undefined) return this.#single.open(request);
      const connection = this.#withRoom();
      if (connection === undefined) {
        // one at a time: those who wait share it
        this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
        await unlessAborted(this.#connecting, request.signal);
        continue;
      }
      try {
        // takes its place at once, before another request looks for room
        return await connection.send(request);
      } catch (error) {
        if (!(error instanceof Refused) || ++refusals === maxRefusals) throw error;
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#single?.close(), ...this.#ended((connection) => connection.close())]);
  }

  async destroy(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#single?.destroy(), ...this.#ended((connection) => connection.destroy())]);
  }

  #ended(end: (connection: Http2Connection) => void): Promise<void>[] {
    return [...this.#connections].map(
      (connection) =>
        new Promise((resolve) => {
          connection.onClose(resolve);
          end(connection);
        }),
    );
  }

  #withRoom(): Http2Connection | undefined {
    for (const connection of this.#connections) if (connection.hasRoom) return connection;
    return undefined;
  }

  async #connect(): Promise<void> {
    let connection: Http2Connection;
    try {
      connection = await Http2Connection.open(this.#connection, this.#clock);
    } catch (error) {
      if (!(error instanceof NoHttp2)) throw error;
      this.#useSingle();
      return;
    }
    this.#connections.add(connection);
    connection.onClose(() => this.#connections.delete(connection));
    if (this.#isClosed) connection.destroy();
  }

  #useSingle(): void {
    const { server, proxy, tls } = this.#connection;
    this.#single = dispatcherStreams(connectionPool(server, proxy, { connections: null, tls }));
  }
}
