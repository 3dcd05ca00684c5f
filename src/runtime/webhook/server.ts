import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { aborted, settledOrAborted } from "../abort.js";
import type { KeyPair } from "../certs/authority.js";
import type { Clock } from "../clock.js";
import { errorText } from "../error-text.js";
import { DepthError, parseBoundedJson } from "../input/bounded-json.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";
import { BodyBudget, readBody } from "./body.js";
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
  /** Concurrent connections; further ones are closed. Default 2,000. */
  readonly maxConnections?: number;
  /** Milliseconds that a handler may take; must be less than the configuration's timeoutSeconds. Default 4,500. */
  readonly handlerTimeout?: number;
  /** Milliseconds within which the headers of a request must arrive. Default 10,000. */
  readonly headersTimeout?: number;
  /** Milliseconds within which a whole request must arrive. Default 30,000. */
  readonly requestTimeout?: number;
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
    const { headersTimeout = 10_000, requestTimeout = 30_000 } = options;
    this.#server = createServer(
      {
        minVersion: "TLSv1.2",
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
    this.#server.maxConnections = options.maxConnections ?? 2_000;
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
  readonly useCertificate = ({ certificate, key }: KeyPair): void => {
    this.#server.setSecureContext({ cert: certificate, key, minVersion: "TLSv1.2" });
    this.#hasCertificate();
  };

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
    const url = request.url ?? "/";
    const query = url.indexOf("?");
    const mounted = this.#mounted.get(query < 0 ? url : url.slice(0, query));
    if (mounted === undefined) {
      request.resume();
      this.#answer(response, 404, `no webhook at this path; existing paths: ${[...this.#mounted.keys()].join(", ")}\n`);
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
    try {
      let review: PendingReview;
      try {
        review = endpoint.read(parseBoundedJson(body.content, this.#options.maxDepth ?? 200));
      } catch (error) {
        if (error instanceof DepthError)
          return this.#answer(response, 400, `the body ${error.message}; flatten the object\n`);
        const known = error instanceof BadReviewError || error instanceof SyntaxError;
        return this.#answer(response, 400, `${known ? error.message : "the body is unreadable"}\n`);
      }
      const answer = { uid: review.uid, ...(await this.#decide(review)) };
      const { apiVersion, kind } = endpoint;
      return this.#answer(response, 200, JSON.stringify({ apiVersion, kind, response: answer }), "application/json");
    } finally {
      this.#budget.give(body.bytes);
    }
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
