import { createServer, type Server } from "node:https";
import type { TLSSocket } from "node:tls";
import { aborted, settledOrAborted } from "../abort.js";
import type { KeyPair } from "../certs/authority.js";
import { Connections } from "./connections.js";
import type { WebhookServerOptions } from "./options.js";
import { Requests } from "./requests.js";

/**
 * Milliseconds that an idle connection stays open. It must be longer than the 90 s after which the API server closes its
 * idle connections: otherwise a request can meet a connection that this side is closing, and fail.
 */
const keepAliveTimeout = 125_000;
/** Milliseconds for connections that were accepted just before the stop, whose first request is still on its way. */
const lastCall = 1_000;

/**
 * Admission and conversion over TLS. It listens once it has a certificate; a new certificate replaces it without closing
 * connections. It uses Node's own server and no framework: docs/adr/008.
 */
export class WebhookServer {
  readonly name = "webhooks";
  readonly #options: WebhookServerOptions;
  readonly #server: Server;
  readonly #requests: Requests;
  readonly #connections: Connections;
  /** Sockets whose client may call. */
  readonly #accepted = new WeakSet<object>();
  /** Sockets that have sent a valid review. */
  readonly #known = new WeakSet<object>();
  #pair: KeyPair | undefined;
  #clientAuthorities: string | undefined;
  #draining = false;
  #listening = false;
  #hasCertificate!: () => void;
  readonly #certificate: Promise<void>;
  #isListening!: () => void;
  readonly #listened: Promise<void>;

  constructor(options: WebhookServerOptions) {
    this.#options = options;
    this.#certificate = new Promise((resolve) => (this.#hasCertificate = resolve));
    this.#listened = new Promise((resolve) => (this.#isListening = resolve));
    this.#requests = new Requests(options, (socket) => {
      if (this.#known.has(socket)) return;
      this.#known.add(socket);
      this.#connections.known(socket);
    });
    const { headersTimeout = 5_000, requestTimeout = 10_000, maxConnections: total = 2_000 } = options;
    const { maxConnectionsPerSource: perSource = Math.ceil(total / 2), strangerTimeout = 15_000 } = options;
    this.#connections = new Connections({ ...options, total, perSource, strangerTimeout });
    this.#server = createServer(
      {
        minVersion: "TLSv1.2",
        // checked in #checkClient, which logs and counts what it rejects
        ...(options.clientCertificates !== undefined && { requestCert: true, rejectUnauthorized: false }),
        keepAlive: true,
        noDelay: true,
        handshakeTimeout: headersTimeout,
        headersTimeout,
        requestTimeout,
        keepAliveTimeout,
        // how often Node checks connections against these timeouts
        connectionsCheckingInterval: Math.min(headersTimeout, 5_000),
      },
      (request, response) => {
        if (this.#accepted.has(request.socket)) this.#requests.handle(request, response);
        else request.socket.destroy();
      },
    );
    this.#server.on("connection", (socket) => this.#connections.accept(socket));
    this.#server.on("secureConnection", (socket) => this.#checkClient(socket));
    // scanners and clients that gave up
    this.#server.on("tlsClientError", (error) => options.logger.debug({ err: error }, "a TLS handshake failed"));
  }

  /** The port in use, once the server listens. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : (this.#options.port ?? 9443);
  }

  /** Why the webhooks cannot be called; undefined if they can. */
  readonly check = (): string | undefined => {
    if (this.#draining) return "draining";
    return this.#listening ? undefined : "not listening";
  };

  /** Serves this certificate to new connections; open ones continue. */
  readonly useCertificate = (pair: KeyPair): void => {
    this.#pair = pair;
    this.#useContext();
  };

  /** With `clientCertificates`: requires client certificates of these authorities (PEM) of new connections. */
  readonly useClientAuthorities = (authorities: string): void => {
    this.#clientAuthorities = authorities;
    this.#useContext();
  };

  #useContext(): void {
    const ca = this.#clientAuthorities;
    // without its own authorities, Node would accept a client certificate of any public one
    if (this.#pair === undefined || (this.#options.clientCertificates !== undefined && ca === undefined)) return;
    const { certificate: cert, key } = this.#pair;
    this.#server.setSecureContext({ cert, key, minVersion: "TLSv1.2", ...(ca !== undefined && { ca }) });
    this.#hasCertificate();
  }

  #checkClient(socket: TLSSocket): void {
    const { clientCertificates } = this.#options;
    if (clientCertificates === undefined || (socket.authorized && isNamed(socket, clientCertificates.names)))
      this.#accepted.add(socket);
    else this.#connections.refuse(socket);
  }

  /** Resolves when the server listens, or the signal fires. */
  async ready(signal: AbortSignal): Promise<void> {
    await settledOrAborted(this.#listened, signal);
  }

  /**
   * From now on each response has `Connection: close`: the API server keeps its connections even if the Service has other
   * endpoints, and a request on a connection that is being closed fails.
   */
  drain(): void {
    this.#draining = true;
    this.#requests.closeConnections();
  }

  /** Listens until the signal fires, then waits for running requests. */
  async start(signal: AbortSignal): Promise<void> {
    await settledOrAborted(this.#certificate, signal);
    if (signal.aborted) return;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#options.port ?? 9443, this.#options.host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    this.#listening = true;
    this.#isListening();
    this.#options.logger.info({ port: this.port }, "serving webhooks");
    await aborted(signal);
    this.drain();
    await this.#close();
    this.#listening = false;
  }

  async #close(): Promise<void> {
    const { clock, drainTimeout = 10_000 } = this.#options;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    let timer: { cancel(): void } | undefined;
    const past = (milliseconds: number): Promise<void> =>
      new Promise((resolve) => (timer = clock.after(milliseconds, resolve)));
    await Promise.race([closed, past(lastCall)]);
    timer?.cancel();
    await Promise.race([closed, this.#requests.ended(), past(drainTimeout)]);
    timer?.cancel();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Whether the client certificate has one of the names. */
function isNamed(socket: TLSSocket, names: readonly string[] | undefined): boolean {
  if (names === undefined) return true;
  const { subject, subjectaltname = "" } = socket.getPeerCertificate();
  const commonNames = [subject.CN].flat();
  const dnsNames = subjectaltname.split(", ").map((name) => name.replace(/^DNS:/, ""));
  return names.some((name) => commonNames.includes(name) || dnsNames.includes(name));
}
