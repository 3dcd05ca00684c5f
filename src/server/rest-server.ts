/** Listens for callers, over HTTP or TLS, and stops without cutting off answers. */
import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { aborted } from "../runtime/abort.js";
import { CertificateFiles } from "../runtime/certs/files.js";
import { sleep, type Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import { UnreadableRequests } from "./unreadable-request.js";

/** What is served. */
export interface ServedApp {
  readonly handle: RequestListener;
  drain(): void;
  endStreams(): void;
}

export interface RestServerOptions {
  readonly app: ServedApp;
  /** Absent: all addresses. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  /** Directory with tls.crt and tls.key, which are followed. Absent: plain HTTP. */
  readonly certificates?: string;
  /** Connections at once. */
  readonly maxConnections: number;
  /** Milliseconds between failing readiness and refusing connections. */
  readonly drainDelay: number;
  /** Milliseconds for answers that have begun. Default 10,000. */
  readonly drainTimeout?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Time limits: a caller that sends slowly holds a connection for no longer. Longer headers than Node's default: tokens are long. */
const connectionOptions: ServerOptions = {
  ...{ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 },
  ...{ connectionsCheckingInterval: 5_000, maxHeaderSize: 32_768 },
};

/** Milliseconds between two looks for connections that have become idle. */
const idleCheck = 50;

export class RestServer {
  readonly #options: RestServerOptions;
  readonly #server: Server;
  readonly #certificates: CertificateFiles | undefined;

  constructor(options: RestServerOptions) {
    this.#options = options;
    const { app, certificates: directory, clock, logger } = options;
    const unreadable = new UnreadableRequests();
    const handle = unreadable.wrap(app.handle);
    if (directory === undefined) this.#server = createServer(connectionOptions, handle);
    else {
      const server = createTlsServer({ ...connectionOptions, minVersion: "TLSv1.2" }, handle);
      server.on("tlsClientError", (error) => logger.debug({ err: error }, "a TLS handshake failed"));
      this.#certificates = new CertificateFiles({
        ...{ directory, clock, logger },
        serve: ({ certificate: cert, key }) => server.setSecureContext({ cert, key, minVersion: "TLSv1.2" }),
      });
      this.#server = server;
    }
    unreadable.follow(this.#server);
    this.#server.maxConnections = options.maxConnections;
  }

  /** The port in use, once it listens. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : this.#options.port;
  }

  /** Listens until the signal fires, then drains. @param onListening called once. @throws Error if the port is taken */
  async run(signal: AbortSignal, onListening?: () => void): Promise<void> {
    const { host, port, logger } = this.#options;
    const stop = new AbortController();
    const following = this.#certificates?.start(stop.signal);
    try {
      await this.#certificates?.ready(signal);
      if (signal.aborted) return;
      await new Promise<void>((resolve, reject) => {
        this.#server.once("error", reject);
        this.#server.listen(port, host, () => {
          this.#server.off("error", reject);
          resolve();
        });
      });
      logger.info({ port: this.port, tls: this.#certificates !== undefined }, "serving the REST API");
      onListening?.();
      await aborted(signal);
      await this.#drain();
    } finally {
      stop.abort();
      await following;
    }
  }

  async #drain(): Promise<void> {
    const { app, clock, drainDelay, drainTimeout = 10_000, logger } = this.#options;
    app.drain();
    if (drainDelay > 0) await sleep(clock, drainDelay);
    const ended = new AbortController();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve())).then(() => ended.abort());
    app.endStreams();
    const deadline = clock.monotonic() + drainTimeout;
    do this.#server.closeIdleConnections();
    while (
      // a connection is idle only when its answer is complete
      (await sleep(clock, idleCheck, ended.signal)) &&
      clock.monotonic() < deadline
    );
    if (!ended.signal.aborted) logger.warn({}, "closing connections whose answers are not complete");
    this.#server.closeAllConnections();
    await closed;
    logger.info({}, "stopped");
  }
}
