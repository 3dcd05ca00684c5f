import type { Dispatcher } from "undici";
import tunnel from "undici/lib/api/api-connect.js";
import Pool from "undici/lib/dispatcher/pool.js";
import ProxyAgent from "undici/lib/dispatcher/proxy-agent.js";
import type { Connection, ServerAccess } from "./access.js";
import { dispatcherStreams, type CreateStreams, type StreamTransport } from "./stream-transport.js";

/** Creates the transport of one connection. Unary calls and watches have one each. */
export type CreateDispatcher = (connection: Connection, purpose: "unary" | "watch") => Dispatcher;

/** The pools of one connection. */
export interface Transport {
  readonly connection: Connection;
  /** `https://host:port`, for dispatchers that serve more than one. */
  readonly origin: string;
  readonly host: string;
  /** Path prefix of the server's URL; empty, or without a trailing slash. */
  readonly prefix: string;
  readonly unary: Dispatcher;
  readonly streams: StreamTransport;
}

/** What a request is sent with. */
export interface Prepared {
  readonly transport: Transport;
  /** Belongs to the caller, who may change it. */
  readonly headers: Record<string, string | string[]>;
}

/** The connection pools to one API server and the credentials for each call; follows changes of both. */
export class Connections {
  readonly #access: ServerAccess;
  readonly #headers: Readonly<Record<string, string | string[]>>;
  readonly #create: CreateDispatcher;
  readonly #createStreams: CreateStreams;
  #transport: Transport | undefined;
  #closed = false;

  /** @param headers sent with each request, beside those of the credentials. */
  constructor(
    access: ServerAccess,
    headers: Readonly<Record<string, string | string[]>>,
    createDispatcher: CreateDispatcher,
    createStreams?: CreateStreams,
  ) {
    this.#access = access;
    this.#headers = headers;
    this.#create = createDispatcher;
    this.#createStreams = createStreams ?? ((connection) => dispatcherStreams(createDispatcher(connection, "watch")));
  }

  /**
   * The headers and the transport of the next request. The credentials come first: a plug-in may return a certificate,
   * which changes the connection.
   *
   * @param refresh true after a 401: the credentials are then read again.
   */
  async prepare(refresh: boolean): Promise<Prepared> {
    const headers = { ...this.#headers, ...(await this.#access.headers(refresh)) };
    return { transport: await this.#current(), headers };
  }

  /** Closes all connections; calls in progress fail, and later ones too. */
  async close(): Promise<void> {
    this.#closed = true;
    const transport = this.#transport;
    this.#transport = undefined;
    if (transport !== undefined) await Promise.allSettled([transport.unary.destroy(), transport.streams.destroy()]);
  }

  async #current(): Promise<Transport> {
    const connection = await this.#access.connection();
    if (this.#closed) throw new Error("the client is closed");
    const previous = this.#transport;
    if (previous?.connection === connection) return previous;
    const url = new URL(connection.server);
    this.#transport = {
      connection,
      origin: url.origin,
      host: url.host,
      prefix: url.pathname.replace(/\/$/, ""),
      unary: this.#create(connection, "unary"),
      streams: this.#createStreams(connection),
    };
    // calls and watches in progress end on the connection they began on
    if (previous !== undefined) void Promise.allSettled([previous.unary.close(), previous.streams.close()]);
    return this.#transport;
  }
}

/** undici pools, also through a proxy: unary calls share `connections` of them; each watch has a connection of its own. */
export function createPools(connections: number): CreateDispatcher {
  return ({ server, tls, proxy }, purpose) =>
    connectionPool(server, proxy, { connections: purpose === "unary" ? connections : null, tls });
}

/** Connections to the origin of a URL, through a proxy if there is one. @param connections at most so many; null: no limit */
export function connectionPool(
  url: string,
  proxy: string | undefined,
  { connections, tls }: { readonly connections: number | null; readonly tls?: object },
): Dispatcher {
  const options = {
    pipelining: 1,
    // shorter than the API server's idle timeout (90 s or more), so that no request meets a connection it is closing
    keepAliveTimeout: 30_000,
    keepAliveMaxTimeout: 60_000,
    allowH2: false,
    connections,
  };
  const connect = { ...tls, timeout: 10_000 };
  return proxy === undefined
    ? new Pool(new URL(url).origin, { ...options, connect })
    : new ProxyAgent({ ...options, uri: proxy, requestTls: connect, clientFactory: proxyClient });
}

/** The connections to an HTTP proxy itself. */
const proxyClient = (proxy: URL, options: object): Dispatcher =>
  Object.assign(new Pool(proxy.origin, options), { connect: tunnel });
