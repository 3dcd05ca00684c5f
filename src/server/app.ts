/** The REST API as an application: what happens to a request on its way to its handler, and to an answer on its way back. */
import { context as otelContext, SpanKind, trace } from "@opentelemetry/api";
import Router from "@koa/router";
import Koa from "koa";
import type { IncomingMessage, RequestListener } from "node:http";
import type { Registry } from "prom-client";
import type { ArchiveStore } from "../archive/archive-store.js";
import { LinkedAbort } from "../runtime/abort.js";
import { ApiError, Unauthorized } from "../runtime/client/errors.js";
import type { HttpClient } from "../runtime/client/http.js";
import { warningHeader } from "../runtime/client/warnings.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import { recordFailure } from "../runtime/tracing/spans.js";
import { contextOf, traceparentOf } from "../runtime/tracing/traceparent.js";
import { RateLimit } from "../runtime/rate-limit.js";
import { BodyBudget } from "../runtime/webhook/body.js";
import { observeRequest } from "./access-log.js";
import { Call, type Answer, type Handlers } from "./call.js";
import { readOperations, type Operation } from "./document.js";
import { parameterNames, readJson, readParameters } from "./input.js";
import { LargeLists } from "./large-lists.js";
import { ServerMetrics } from "./metrics.js";
import { NewCallers } from "./new-callers.js";
import { missingToken, Problem, tooManyTokens, problemOf, type ProblemBody } from "./problem.js";
import { archiveHandlers } from "./routes/archive.js";
import { callerHandlers } from "./routes/caller.js";
import { requestHandlers } from "./routes/requests.js";
import { runHandlers } from "./routes/runs.js";
import { serverHandlers } from "./routes/server.js";
import { streamHandlers } from "./routes/streams.js";
import { submissionHandlers } from "./routes/submissions.js";
import { taskHandlers } from "./routes/tasks.js";
import { automationHandlers } from "./routes/automation.js";
import { budgetHandlers } from "./routes/budgets.js";
import { usageHandlers } from "./routes/usage.js";
import { Streams, type StreamLimits } from "./streams.js";

/** A caller with the client that acts with its credentials. */
export interface Caller {
  /** Distinguishes callers for limits; not a secret. */
  readonly key: string;
  readonly client: HttpClient;
}

export interface AppLimits extends StreamLimits {
  /** Requests per second of one caller, over time. */
  readonly rate: number;
  /** Requests of one caller at once, after a quiet time. */
  readonly burst: number;
  /** Requests that are being answered, of all callers; streams have limits of their own. */
  readonly inFlight: number;
  /** Bytes of request bodies in memory. */
  readonly bodyBytes: number;
}

export const defaultLimits: AppLimits = {
  ...{ rate: 50, burst: 200, inFlight: 500 },
  ...{ perCaller: 100, total: 2_000, bodyBytes: 64 * 1024 * 1024 },
};

export interface AppOptions {
  /**
   * Who sends a request; undefined: it has no credentials.
   *
   * @param onWarning takes the API server's warnings to what is done for the request
   */
  readonly callerOf: (request: IncomingMessage, onWarning: (text: string) => void) => Caller | undefined;
  /** Where the routes of earlier versions look, unless a request says otherwise. */
  readonly namespace: string;
  readonly limits?: Partial<AppLimits>;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Where `history` keeps removed runs. Absent: nowhere that the server may read. */
  readonly archive?: ArchiveStore;
  /** Why the server is not ready; undefined: it is. */
  readonly check?: () => string | undefined;
  /** Absent: its own; present: shared with a page that takes tokens. */
  readonly newCallers?: NewCallers;
  /** What answers other paths than those of the API, for example a page. Called with security headers set. */
  readonly before?: readonly Koa.Middleware[];
}

export interface App {
  readonly handle: RequestListener;
  /** From now on readiness fails, and responses close their connections. */
  drain(): void;
  /** Ends all streams, and opens no more. */
  endStreams(): void;
}

/** Headers of every response; a page sets its own policy. */
const securityHeaders = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Creates the application. It holds no credentials: each call has the client that `callerOf` gives for it. */
export function createApp(options: AppOptions): App {
  return new RestApp(options);
}

class RestApp implements App {
  readonly handle: RequestListener;
  readonly #options: AppOptions;
  readonly #limits: AppLimits;
  readonly #streams: Streams;
  readonly #largeLists = new LargeLists();
  readonly #rate: RateLimit;
  readonly #newCallers: NewCallers;
  readonly #budget: BodyBudget;
  readonly #handlers: Handlers;
  #running = 0;
  #isDraining = false;

  constructor(options: AppOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    const { clock, logger, registry } = options;
    const metrics = new ServerMetrics(registry);
    this.#streams = new Streams({ ...this.#limits, clock, onChange: (open) => metrics.streamsOpen.set(open) });
    this.#rate = new RateLimit({ clock, perSecond: this.#limits.rate, burst: this.#limits.burst, maxSources: 10_000 });
    this.#newCallers = options.newCallers ?? new NewCallers(clock);
    this.#budget = new BodyBudget(this.#limits.bodyBytes);
    this.#handlers = {
      ...serverHandlers({ ...options, check: () => this.#check() }),
      ...{ ...callerHandlers, ...runHandlers, ...requestHandlers, ...streamHandlers },
      ...{
        ...taskHandlers,
        ...submissionHandlers,
        ...usageHandlers,
        ...budgetHandlers,
        ...automationHandlers,
        ...archiveHandlers(options.archive),
      },
    };
    const koa = new Koa();
    koa.on("error", (error: unknown) => logger.debug({ err: error }, "a response failed"));
    koa.use(observeRequest({ clock, logger, metrics }));
    koa.use((context, next) => this.#protect(context, next));
    for (const middleware of options.before ?? []) koa.use(middleware);
    koa.use(this.#router().routes());
    koa.use(notFound);
    const handle = koa.callback();
    this.handle = (request, response) => void handle(request, response);
  }

  drain(): void {
    this.#isDraining = true;
  }

  endStreams(): void {
    this.#streams.drain();
  }

  #check(): string | undefined {
    return this.#isDraining ? "the server is stopping" : this.#options.check?.();
  }

  /** Headers for every response, and problems for every error. */
  async #protect(context: Koa.Context, next: Koa.Next): Promise<void> {
    context.set(securityHeaders);
    if (this.#isDraining) context.set("connection", "close");
    try {
      await next();
    } catch (error) {
      const { logger } = this.#options;
      const problem = problemOf(error);
      const route = context.state.route as string | undefined;
      if (problem.status >= 500) logger.warn({ err: error, route }, "a request failed");
      sendProblem(context, problem, context.path.startsWith("/api/v1/pm/"));
    }
  }

  #router(): Router {
    const router = new Router();
    for (const operation of readOperations()) {
      const path = operation.path.replaceAll(/\{(\w+)\}/g, ":$1");
      router.register(
        path,
        [operation.method],
        [
          async (context) => {
            context.state.route = operation.path;
            await this.#answer(operation, context);
          },
        ],
      );
    }
    return router;
  }

  async #answer(operation: Operation, context: Koa.Context & { params: Record<string, string> }): Promise<void> {
    // an answer would begin a stream that nobody reads
    if (context.method !== operation.method) throw methodNotAllowed(context, [operation.method]);
    const caller = operation.isPublic ? undefined : this.#admit(context);
    if (this.#running >= this.#limits.inFlight) throw new Problem(429, "too many requests at once", { retryAfter: 1 });
    this.#running++;
    let isCounted = true;
    const release = (): void => {
      if (isCounted) this.#running--;
      isCounted = false;
    };
    const gone = new LinkedAbort();
    context.res.once("close", () => {
      release();
      // a write that has begun is finished: its caller may ask again
      if (context.method === "GET") gone.abort(new Error("the caller has gone"));
    });
    const query = new URLSearchParams(context.querystring);
    context.state.parameters = parameterNames(query);
    const parameters = readParameters(operation, context.params, query);
    const body = await readJson(context.req, operation, this.#budget);
    const { namespace: defaultNamespace, logger } = this.#options;
    const span = trace
      .getTracer("agent-orchestrator/server")
      .startSpan(
        `${operation.method} ${operation.path}`,
        { kind: SpanKind.SERVER },
        contextOf(context.get("traceparent")),
      );
    const call = new Call({
      traceparent: traceparentOf(span),
      ...{ operation, context, parameters, body, logger, signal: gone.signal, defaultNamespace, release },
      ...{ client: caller?.client, caller: caller?.key ?? "", streams: this.#streams, largeLists: this.#largeLists },
    });
    try {
      const handled = otelContext.with(trace.setSpan(otelContext.active(), span), () =>
        this.#handlers[operation.id](call),
      );
      const answer = await (caller === undefined ? handled : this.#judged(caller, handled));
      if (answer !== undefined) send(context, answer);
    } catch (error) {
      recordFailure(span, error);
      throw error;
    } finally {
      span.setAttribute("http.response.status_code", context.status);
      span.end();
    }
  }

  /** Learns from an answer whether the API server knows the caller. */
  async #judged(caller: Caller, handled: Promise<Answer | undefined>): Promise<Answer | undefined> {
    try {
      const answer = await handled;
      this.#newCallers.accepted(caller.key);
      return answer;
    } catch (error) {
      if (error instanceof Unauthorized) this.#newCallers.rejected(caller.key);
      else if (error instanceof ApiError) this.#newCallers.accepted(caller.key);
      throw error;
    }
  }

  /** The caller, within its limits. @throws Problem */
  #admit(context: Koa.Context): Caller {
    const caller = this.#options.callerOf(context.req, (text) => passWarning(context, text));
    const { remoteAddress: address = "" } = context.req.socket;
    if (!this.#rate.take(caller?.key ?? `address ${address}`))
      throw new Problem(429, `more than ${this.#limits.rate} requests per second; slow down`, { retryAfter: 1 });
    if (caller === undefined) throw missingToken();
    if (!this.#newCallers.mayTry(caller.key, address)) throw tooManyTokens();
    return caller;
  }
}

/** Bytes of warnings in one response. */
const maxWarnings = 4_096;

/** Passes on a warning of the API server, such as one of admission, once. */
function passWarning(context: Koa.Context, text: string): void {
  const header = warningHeader(text);
  const before = [context.res.getHeader("warning") ?? []].flat().map(String);
  const bytes = before.reduce((sum, each) => sum + each.length, header.length);
  if (context.headerSent || before.includes(header) || bytes > maxWarnings) return;
  context.set("warning", [...before, header]);
}

function send(context: Koa.Context, { status = 200, body, type }: Answer): void {
  context.status = status;
  context.set("cache-control", "no-store");
  if (type !== undefined) context.type = type;
  context.body = body;
}

function sendProblem(context: Koa.Context, problem: Problem, isLegacy: boolean): void {
  const { retryAfter } = problem.options;
  context.status = problem.status;
  context.set("cache-control", "no-store");
  if (problem.status === 401) context.set("www-authenticate", "Bearer");
  if (retryAfter !== undefined) context.set("retry-after", String(retryAfter));
  const failure = (body: ProblemBody): object => ({ success: false, message: body.detail, problem: body });
  context.body = JSON.stringify(isLegacy ? failure(problem.body) : problem.body);
  context.type = isLegacy ? "application/json" : "application/problem+json";
}

/** Paths and methods that are in no document. */
function notFound(context: Koa.Context): void {
  if (context.body !== undefined || context.respond === false || context.state.route !== undefined) return;
  const { matched = [] } = context as { matched?: readonly { readonly methods: readonly string[] }[] };
  if (matched.length === 0) throw new Problem(404, "nothing is at this path; /openapi.json lists all of them");
  throw methodNotAllowed(
    context,
    matched.flatMap(({ methods }) => methods).filter((method) => method !== "HEAD"),
  );
}

function methodNotAllowed(context: Koa.Context, allowed: readonly string[]): Problem {
  context.set("allow", [...new Set(allowed)].join(", "));
  return new Problem(405, `the method must be ${[...new Set(allowed)].join(" or ")}`);
}
