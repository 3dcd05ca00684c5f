import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Registry } from "prom-client";
import { aborted, settledOrAborted } from "../abort.js";
import type { BearerAccess } from "../authorization/bearer-access.js";
import type { KeyPair } from "../certs/authority.js";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import { Connections, sourceOf } from "../webhook/connections.js";
import { send, target, textReply, type Reply } from "./reply.js";

export interface MetricsServerOptions {
  /** Absent: all addresses. */
  readonly host?: string | undefined;
  /** 0: any free port. */
  readonly port: number;
  readonly registry: Registry;
  readonly access: BearerAccess;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Connections, in total and from one address; Prometheus keeps one. */
const maxConnections = 100;
/** Milliseconds for a handshake, for the headers of a request, and for a whole request. */
const requestTimeout = 5_000;
/** Milliseconds that an idle connection stays open: longer than most intervals of scrapes. */
const keepAliveTimeout = 90_000;

/**
 * `/metrics` over TLS, for callers that may `get` this nonResourceURL (the switch `--metrics-secure` of kubebuilder's
 * projects). It listens once it has a certificate.
 */
export class MetricsServer {
  readonly name = "metrics";
  readonly #options: MetricsServerOptions;
  readonly #server: Server;
  readonly #connections: Connections;
  #hasCertificate!: () => void;
  readonly #certificate: Promise<void>;

  constructor(options: MetricsServerOptions) {
    this.#options = options;
    this.#certificate = new Promise((resolve) => (this.#hasCertificate = resolve));
    const { clock, logger } = options;
    this.#connections = new Connections({
      ...{ clock, logger, purpose: "metrics", total: maxConnections, perSource: maxConnections / 2 },
      strangerTimeout: 3 * requestTimeout,
    });
    this.#server = createServer(
      {
        ...{ minVersion: "TLSv1.2", handshakeTimeout: requestTimeout, headersTimeout: requestTimeout },
        ...{ requestTimeout, keepAliveTimeout, connectionsCheckingInterval: requestTimeout, maxHeaderSize: 16_384 },
      },
      (request, response) => void this.#handle(request, response),
    );
    this.#server.on("connection", (socket) => this.#connections.accept(socket));
    this.#server.on("tlsClientError", (error) => logger.debug({ err: error }, "a TLS handshake for metrics failed"));
  }

  /** The port in use, once the server listens. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : this.#options.port;
  }

  /** Serves this certificate to new connections. */
  readonly useCertificate = ({ certificate, key }: KeyPair): void => {
    this.#server.setSecureContext({ cert: certificate, key, minVersion: "TLSv1.2" });
    this.#hasCertificate();
  };

  /** Listens until the signal fires. @throws Error if the port is taken */
  async start(signal: AbortSignal): Promise<void> {
    await settledOrAborted(this.#certificate, signal);
    if (signal.aborted) return;
    const { host, port, logger } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    logger.info({ port: this.port }, "serving metrics over TLS");
    await aborted(signal);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const reply = await this.#reply(request).catch((error: unknown) => {
      this.#options.logger.error({ err: error }, "cannot answer a request for metrics");
      return textReply(500, "internal error");
    });
    if (!response.destroyed) send(request, response, reply);
  }

  async #reply(request: IncomingMessage): Promise<Reply> {
    const { path } = target(request);
    if (path !== "/metrics") return textReply(404, "only /metrics is here");
    if (request.method !== "GET" && request.method !== "HEAD") return textReply(405, "only GET is possible");
    const { access, registry } = this.#options;
    const { authorization } = request.headers;
    const decision = await access.of({ authorization, path, source: sourceOf(request.socket.remoteAddress) });
    if (!decision.allowed) {
      const { status, message } = decision;
      const isLater = status === 429 || status === 503;
      return textReply(status, message, {
        ...(status === 401 && { "www-authenticate": "Bearer" }),
        ...(isLater && { "retry-after": "5" }),
      });
    }
    this.#connections.known(request.socket);
    return { status: 200, type: registry.contentType, body: await registry.metrics() };
  }
}
