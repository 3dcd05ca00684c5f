import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { aborted, settledOrAborted } from "../abort.js";
import { context, SpanKind, trace, type Span } from "@opentelemetry/api";
import type { KeyPair } from "../certs/authority.js";
import type { Clock } from "../clock.js";
import { errorText } from "../error-text.js";
import { DepthError, parseBoundedJson } from "../input/bounded-json.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";
import { defaultTracerName } from "../tracing/spans.js";
import { contextOf, traceparentOf } from "../tracing/traceparent.js";
import { BodyBudget, readBody } from "./body.js";
import { Connections, sourceOf } from "./connections.js";
import { conversionEndpoint, type Converter } from "./conversion.js";
import { BadReviewError, type Endpoint, type PendingReview } from "./endpoint.js";
import { admissionEndpoint, type AdmissionHandler } from "./review.js";

/** What a webhook server serves, and its limits. */
export interface WebhookServerOptions {
  /** Address to listen on. Default: all addresses, IPv6 too. */
  readonly host?: string;
  /** Default 9443; 0: any free port. */
  readonly port?: number;
  /** Handlers by path, for example `/validate-example-com-v1-website`; see {@link admissionHandlers}. */
  readonly handlers: ReadonlyMap<string, AdmissionHandler>;
  /** Converters by path, for example `/convert`. */
  readonly converters?: ReadonlyMap<string, Converter>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
  /**
   * Bytes of one body; a larger one gets 413. An UPDATE carries the old and the new object, each of up to about 3 MiB
   * (the API server's own limit on a request): with less than twice that, valid requests fail. Default 7 MiB.
   */
  readonly maxBodyBytes?: number;
  /**
   * Lists and objects inside each other in one body; a deeper one gets 400 before it is parsed. What handlers do with an
   * object usually recurses, and at the end of the stack V8 may abort the process. Default 200.
   */
  readonly maxDepth?: number;
  /** Bytes of all bodies being read or handled; beyond them, requests get 429. Default 64 MiB. */
  readonly maxBytesInFlight?: number;
  /** Concurrent reviews; beyond them, requests get 429. Default 1,000. */
  readonly maxRequestsInFlight?: number;
  /**
   * Concurrent connections. Beyond them, one that has sent no valid review gives way to a new one; if there is none, the new
   * one is closed. Default 2,000.
   */
  readonly maxConnections?: number;
  /**
   * The same for one address (of IPv6, one /64 network). An API server opens a connection for each review that it waits for,
   * up to 600 by default, and several may be behind one address: with much less, reviews fail. Default: half of `maxConnections`.
   */
  readonly maxConnectionsPerSource?: number;
  /** Milliseconds within which a new connection must have sent a valid review; it is closed then. Default 15,000. */
  readonly strangerTimeout?: number;
  /**
   * Only clients with a certificate may call, signed by the authorities of `useClientAuthorities`. `names`: one of these must be
   * its common name or one of its DNS names; absent: any. Default: everybody may call.
   */
  readonly clientCertificates?: { readonly names?: readonly string[] };
  /** Milliseconds that a handler may take; must be less than the configuration's timeoutSeconds. Default 4,500. */
  readonly handlerTimeout?: number;
  /** Milliseconds for the TLS handshake, and for the headers of a request. Default 5,000. */
  readonly headersTimeout?: number;
  /** Milliseconds within which a whole request must arrive. Default 10,000: API servers wait for no longer than 30 s in all. */
  readonly requestTimeout?: number;
  /** Instrumentation scope of the spans. Default `controller-runtime`. */
  readonly tracerName?: string;
  /** Milliseconds after a stop until the connections of running requests are closed. Default 10,000. */
  readonly drainTimeout?: number;
}

/**
 * Milliseconds that an idle connection stays open. It must be longer than the 90 s after which the API server closes its
 * idle connections: otherwise a request can meet a connection that this side is closing, and fail.
 */
const keepAliveTimeout = 125_000;
/** Milliseconds for connections that were accepted just before the stop, whose first request is still on its way. */
const lastCall = 1_000;

/** An endpoint with its metrics. */
interface Mounted {
  readonly endpoint: Endpoint;
  readonly begin: () => void;
  readonly end: (code: number, seconds: number) => void;
}

/**
 * Admission and conversion over TLS. It listens once it has a certificate; a new certificate replaces it without closing
 * connections. It uses Node's own server and no framework: docs/adr/008.
 */
export class WebhookServer {
  readonly name = "webhooks";
  readonly #options: WebhookServerOptions;
  readonly #server: Server;
  readonly #mounted: ReadonlyMap<string, Mounted>;
  readonly #budget: BodyBudget;
  readonly #maxBody: number;
  readonly #connections: Connections;
  /** Sockets whose client may call. */
  readonly #accepted = new WeakSet<object>();
  /** Sockets that have sent a valid review. */
  readonly #known = new WeakSet<object>();
  #pair: KeyPair | undefined;
  #clientAuthorities: string | undefined;
  #running = 0;
  #allEnded: (() => void) | undefined;
  #draining = false;
  #listening = false;
  /** Resolves when everything that the sockets hold now is read. */
  #allRead: Promise<void> | undefined;
  #hasCertificate!: () => void;
  readonly #certificate: Promise<void>;
  #isListening!: () => void;
  readonly #listened: Promise<void>;

  constructor(options: WebhookServerOptions) {
    this.#options = options;
    this.#certificate = new Promise((resolve) => (this.#hasCertificate = resolve));
    this.#listened = new Promise((resolve) => (this.#isListening = resolve));
    this.#maxBody = options.maxBodyBytes ?? 7 * 1024 * 1024;
    this.#budget = new BodyBudget(options.maxBytesInFlight ?? 64 * 1024 * 1024);
    this.#mounted = new Map([
      ...[...options.handlers].map(([path, handler]) => this.#mount(path, admissionEndpoint(handler))),
      ...[...(options.converters ?? [])].map(([path, converter]) => this.#mount(path, conversionEndpoint(converter))),
    ]);
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
      (request, response) => this.#handle(request, response),
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
    const ended = new Promise<void>((resolve) => (this.#allEnded = resolve));
    if (this.#running > 0) await Promise.race([closed, ended, past(drainTimeout)]);
    timer?.cancel();
    this.#server.closeAllConnections();
    await closed;
  }

  #mount(path: string, endpoint: Endpoint): readonly [string, Mounted] {
    const { metrics } = this.#options;
    const webhook = path;
    const inFlight = metrics?.webhookRequestsInFlight.labels({ webhook });
    const latency = metrics?.webhookLatencySeconds.labels({ webhook });
    const ok = metrics?.webhookRequestsTotal.labels({ webhook, code: "200" });
    // create the series, so that a rate over them starts with the first request
    for (const code of ["200", "500"]) metrics?.webhookRequestsTotal.inc({ webhook, code }, 0);
    return [
      path,
      {
        endpoint,
        begin: () => inFlight?.inc(),
        end: (code, seconds) => {
          inFlight?.dec();
          latency?.observe(seconds);
          if (code === 200) ok?.inc();
          else metrics?.webhookRequestsTotal.inc({ webhook, code: String(code) });
        },
      },
    ];
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#accepted.has(request.socket)) {
      request.socket.destroy();
      return;
    }
    const url = request.url ?? "/";
    const query = url.indexOf("?");
    const mounted = this.#mounted.get(query < 0 ? url : url.slice(0, query));
    if (mounted === undefined) {
      request.resume();
      this.#answer(response, 404, "no webhook at this path\n");
      return;
    }
    if (request.method !== "POST") {
      request.resume();
      response.setHeader("allow", "POST");
      this.#answer(response, 405, "webhooks accept only POST\n");
      return;
    }
    const { clock, logger } = this.#options;
    const started = clock.monotonic();
    mounted.begin();
    this.#running++;
    this.#review(request, response, mounted.endpoint)
      .catch((error: unknown) => {
        // no request may end the process
        logger.error({ err: error }, "cannot answer a webhook request");
        if (!response.headersSent) this.#answer(response, 500, "internal error\n");
        else response.destroy();
        return 500;
      })
      .then(
        (code) => {
          mounted.end(code, (clock.monotonic() - started) / 1000);
          if (--this.#running === 0) this.#allEnded?.();
        },
        () => undefined,
      );
  }

  /** Responds; returns the status of the response. */
  async #review(request: IncomingMessage, response: ServerResponse, endpoint: Endpoint): Promise<number> {
    const busy = this.#running > (this.#options.maxRequestsInFlight ?? 1_000);
    const body = busy ? "no budget" : await readBody(request, this.#maxBody, this.#budget);
    await this.#allArrived();
    switch (body) {
      case "broken off":
        response.destroy();
        // nginx' code for a client that closed its connection; only the metrics see it
        return 499;
      case "too large":
        return this.#answer(response, 413, `the body exceeds ${this.#maxBody} bytes\n`);
      case "no budget":
        if (busy) request.resume();
        response.setHeader("retry-after", "1");
        return this.#answer(response, 429, "too many requests in flight\n");
      default:
    }
    const span = startSpan(request, this.#options.tracerName);
    try {
      let review: PendingReview;
      try {
        const source = sourceOf(request.socket.remoteAddress);
        const json = parseBoundedJson(body.content, this.#options.maxDepth ?? 200);
        review = endpoint.read(json, source, traceparentOf(span));
      } catch (error) {
        if (error instanceof DepthError)
          return this.#answer(response, 400, `the body ${error.message}; flatten the object\n`);
        const known = error instanceof BadReviewError || error instanceof SyntaxError;
        return this.#answer(response, 400, `${known ? error.message : "the body is unreadable"}\n`);
      }
      this.#isKnown(request.socket);
      const decided = context.with(trace.setSpan(context.active(), span), () => this.#decide(review));
      const answer = { uid: review.uid, ...(await decided) };
      const { apiVersion, kind } = endpoint;
      return this.#answer(response, 200, JSON.stringify({ apiVersion, kind, response: answer }), "application/json");
    } finally {
      span.end();
      this.#budget.give(body.bytes);
    }
  }

  #isKnown(socket: Socket): void {
    if (this.#known.has(socket)) return;
    this.#known.add(socket);
    this.#connections.known(socket);
  }

  /**
   * Waits until all requests that arrived together are read, so that they are decided one after the other. A decision
   * between two reads would find the CPU caches filled with socket data and take half as long again.
   */
  #allArrived(): Promise<void> {
    return (this.#allRead ??= new Promise((resolve) =>
      setImmediate(() => {
        this.#allRead = undefined;
        resolve();
      }),
    ));
  }

  /** The handler's response. A handler that throws or hangs denies its own request and no other. */
  async #decide(review: PendingReview): Promise<object> {
    const { logger, metrics } = this.#options;
    try {
      const decision = review.decide();
      // most handlers are synchronous and need no deadline
      return decision instanceof Promise ? await this.#inTime(decision) : decision;
    } catch (error) {
      metrics?.webhookPanicsTotal.inc();
      logger.error({ err: error, uid: review.uid, name: review.name }, "a webhook handler failed");
      return review.failed(errorText(error));
    }
  }

  async #inTime(decision: Promise<object>): Promise<object> {
    const { clock, handlerTimeout = 4_500 } = this.#options;
    let expire: { cancel(): void } | undefined;
    const expired = new Promise<never>((_, reject) => {
      expire = clock.after(handlerTimeout, () => reject(new Error(`no decision within ${handlerTimeout} ms`)));
    });
    try {
      return await Promise.race([decision, expired]);
    } finally {
      expire?.cancel();
    }
  }

  #answer(response: ServerResponse, status: number, body: string, type = "text/plain; charset=utf-8"): number {
    if (this.#draining) response.setHeader("connection", "close");
    response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
    response.end(body);
    return status;
  }
}

/** The span of a review, in the trace of its caller. It does nothing unless traces are exported. */
function startSpan({ headers, url = "/" }: IncomingMessage, tracerName = defaultTracerName): Span {
  const path = url.split("?", 1)[0] ?? "/";
  const options = { kind: SpanKind.SERVER, attributes: { "url.path": path } };
  return trace.getTracer(tracerName).startSpan(`admission ${path}`, options, contextOf(headers.traceparent));
}

/** Whether the client certificate has one of the names. */
function isNamed(socket: TLSSocket, names: readonly string[] | undefined): boolean {
  if (names === undefined) return true;
  const { subject, subjectaltname = "" } = socket.getPeerCertificate();
  const commonNames = [subject.CN].flat();
  const dnsNames = subjectaltname.split(", ").map((name) => name.replace(/^DNS:/, ""));
  return names.some((name) => commonNames.includes(name) || dnsNames.includes(name));
}
