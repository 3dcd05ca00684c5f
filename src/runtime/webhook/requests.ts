import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { context, SpanKind, trace, type Span } from "@opentelemetry/api";
import { errorText } from "../error-text.js";
import { DepthError, parseBoundedJson } from "../input/bounded-json.js";
import { defaultTracerName } from "../tracing/spans.js";
import { contextOf, traceparentOf } from "../tracing/traceparent.js";
import { BodyBudget, readBody } from "./body.js";
import { sourceOf } from "./connections.js";
import { conversionEndpoint } from "./conversion.js";
import { BadReviewError, type Endpoint, type PendingReview } from "./endpoint.js";
import type { WebhookServerOptions } from "./options.js";
import { admissionEndpoint } from "./review.js";

/** An endpoint with its metrics. */
interface Mounted {
  readonly endpoint: Endpoint;
  readonly begin: () => void;
  readonly end: (code: number, seconds: number) => void;
}

/**
 * Answers the requests of a webhook server: finds the endpoint, reads the body within its limits, lets the endpoint decide,
 * and counts all of it. Which clients may call is the server's matter.
 */
export class Requests {
  readonly #options: WebhookServerOptions;
  readonly #mounted: ReadonlyMap<string, Mounted>;
  readonly #budget: BodyBudget;
  readonly #maxBody: number;
  readonly #validReview: (socket: Socket) => void;
  #running = 0;
  #allEnded: (() => void) | undefined;
  #closesConnections = false;
  /** Resolves when everything that the sockets hold now is read. */
  #allRead: Promise<void> | undefined;

  /** `validReview` is called with the socket of each valid review. */
  constructor(options: WebhookServerOptions, validReview: (socket: Socket) => void) {
    this.#options = options;
    this.#validReview = validReview;
    this.#maxBody = options.maxBodyBytes ?? 7 * 1024 * 1024;
    this.#budget = new BodyBudget(options.maxBytesInFlight ?? 64 * 1024 * 1024);
    this.#mounted = new Map([
      ...[...options.handlers].map(([path, handler]) => this.#mount(path, admissionEndpoint(handler))),
      ...[...(options.converters ?? [])].map(([path, converter]) => this.#mount(path, conversionEndpoint(converter))),
    ]);
  }

  /** From now on each response ends its connection. */
  closeConnections(): void {
    this.#closesConnections = true;
  }

  /** Resolves when no request is running. */
  ended(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => (this.#allEnded = resolve));
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

  /** Responds; never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void {
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
      this.#validReview(request.socket);
      const decided = context.with(trace.setSpan(context.active(), span), () => this.#decide(review));
      const answer = { uid: review.uid, ...(await decided) };
      const { apiVersion, kind } = endpoint;
      return this.#answer(response, 200, JSON.stringify({ apiVersion, kind, response: answer }), "application/json");
    } finally {
      span.end();
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
    if (this.#closesConnections) response.setHeader("connection", "close");
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
